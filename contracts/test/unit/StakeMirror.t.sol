// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ICheckpointAnchor } from "../../src/interfaces/ICheckpointAnchor.sol";
import { IStakeListener } from "../../src/interfaces/IStakeListener.sol";
import { IStakeMirror } from "../../src/interfaces/IStakeMirror.sol";
import { IStakeVault } from "../../src/interfaces/IStakeVault.sol";
import { StakeMirror } from "../../src/layers/StakeMirror.sol";
import { MerklePatricia } from "../../src/libraries/MerklePatricia.sol";
import { LayersBase } from "../utils/Layers.t.sol";
import { State } from "../utils/Trie.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

contract Listener is IStakeListener {
    address public owner;
    address public operator;
    uint256 public stake;
    uint256 public told;

    function onStakeChanged(address owner_, address operator_, uint256 stake_) external {
        (owner, operator, stake) = (owner_, operator_, stake_);
        ++told;
    }
}

/// @notice Has the stakes where the mirror looks for them.
contract Stakes {
    uint256[7] internal before;
    mapping(address owner => mapping(address operator => uint256)) public stakeOf;

    function set(address owner, address operator, uint256 stake) external {
        stakeOf[owner][operator] = stake;
    }
}

abstract contract StakeMirrorBase is LayersBase {
    bytes32 internal constant SLOT = bytes32(uint256(7));

    Stakes internal stakes = new Stakes();
    Listener internal listener = new Listener();
    StakeMirror internal mirror;
    bytes32[] internal slots;

    function setUp() public override {
        super.setUp();
        mirror = new StakeMirror(anchor, address(stakes), SLOT, 7 days, listener);
        set(alice, bob, 100 ether);
        set(bob, alice, 3 ether);
    }

    function set(address owner, address operator, uint256 stake) internal {
        stakes.set(owner, operator, stake);
        slots.push(mirror.slotOf(owner, operator));
    }

    function proofOf(address owner, address operator) internal view returns (State.Proof memory) {
        uint256[] memory values = new uint256[](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) {
            values[i] = uint256(vm.load(address(stakes), slots[i]));
        }
        return State.prove(address(stakes), slots, values, mirror.slotOf(owner, operator));
    }
}

contract StakeMirrorConstructor is StakeMirrorBase {
    function test_isFixedForGood() public view {
        assertEq(address(mirror.anchor()), address(anchor));
        assertEq(mirror.stakeVault(), address(stakes));
        assertEq(mirror.stakesSlot(), SLOT);
        assertEq(mirror.unbondingSeconds(), 7 days);
        assertEq(address(mirror.listener()), address(listener));
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IStakeMirror.ZeroAddress.selector);
        new StakeMirror(ICheckpointAnchor(address(0)), address(stakes), SLOT, 7 days, listener);
        vm.expectRevert(IStakeMirror.ZeroAddress.selector);
        new StakeMirror(anchor, address(0), SLOT, 7 days, listener);
        vm.expectRevert(IStakeMirror.ZeroAddress.selector);
        new StakeMirror(anchor, address(stakes), SLOT, 7 days, IStakeListener(address(0)));
    }

    /// @dev A registry reads it as it reads the vault.
    function test_hasTheVaultsSelectors() public view {
        assertEq(IStakeVault(address(mirror)).stakeOf(alice, bob), 0);
        assertEq(IStakeVault(address(mirror)).unbondingSeconds(), 7 days);
    }
}

contract StakeMirrorProve is StakeMirrorBase {
    function testFuzz_takesTheStakeOver(address owner, address operator, uint192 stake) public {
        vm.assume(owner != operator && owner != alice && owner != bob);
        set(owner, operator, stake);
        State.Proof memory p = proofOf(owner, operator);
        postFinal(5, p.stateRoot);
        vm.expectEmit(address(mirror));
        emit IStakeMirror.StakeProven(owner, operator, stake, 5);
        vm.prank(stranger);
        mirror.prove(owner, operator, 5, p.account, p.storage_);
        assertEq(mirror.stakeOf(owner, operator), stake);
        assertEq(mirror.stakeOf(operator, owner), 0);
        assertEq(mirror.provenAt(owner, operator), 5);
        assertEq(listener.owner(), owner);
        assertEq(listener.operator(), operator);
        assertEq(listener.stake(), stake);
        assertEq(listener.told(), 1);
    }

    function test_aStakeThatIsGoneIsProvenToo() public {
        State.Proof memory p = proofOf(alice, bob);
        postFinal(5, p.stateRoot);
        mirror.prove(alice, bob, 5, p.account, p.storage_);
        set(alice, bob, 0);
        slots.pop();
        p = proofOf(alice, bob);
        postFinal(6, p.stateRoot);
        mirror.prove(alice, bob, 6, p.account, p.storage_);
        assertEq(mirror.stakeOf(alice, bob), 0);
        assertEq(listener.stake(), 0);
        assertEq(listener.told(), 2);
    }

    function test_RevertWhen_NotNewer() public {
        State.Proof memory old = proofOf(alice, bob);
        postFinal(5, old.stateRoot);
        set(alice, bob, 50 ether);
        slots.pop();
        State.Proof memory p = proofOf(alice, bob);
        postFinal(6, p.stateRoot);
        mirror.prove(alice, bob, 6, p.account, p.storage_);
        vm.expectRevert(abi.encodeWithSelector(IStakeMirror.NotNewer.selector, 5, 6));
        mirror.prove(alice, bob, 5, old.account, old.storage_);
        vm.expectRevert(abi.encodeWithSelector(IStakeMirror.NotNewer.selector, 6, 6));
        mirror.prove(alice, bob, 6, p.account, p.storage_);
        // Another pair counts for itself.
        old = proofOf(bob, alice);
        mirror.prove(bob, alice, 6, old.account, old.storage_);
        assertEq(mirror.stakeOf(bob, alice), 3 ether);
        assertEq(mirror.stakeOf(alice, bob), 50 ether);
    }

    function test_RevertWhen_TheCheckpointIsNotFinal() public {
        State.Proof memory p = proofOf(alice, bob);
        post(5, p.stateRoot);
        skip(WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.NotFinal.selector, 5, block.timestamp + 1));
        mirror.prove(alice, bob, 5, p.account, p.storage_);
        skip(1);
        mirror.prove(alice, bob, 5, p.account, p.storage_);
    }

    function test_RevertWhen_TheProofIsOfAnotherPair() public {
        State.Proof memory p = proofOf(bob, alice);
        postFinal(5, p.stateRoot);
        vm.expectRevert(MerklePatricia.InvalidProof.selector);
        mirror.prove(alice, bob, 5, p.account, p.storage_);
    }

    function test_RevertWhen_TheWordIsNoAmount() public {
        stakes.set(alice, bob, uint256(type(uint192).max) + 1);
        State.Proof memory p = proofOf(alice, bob);
        postFinal(5, p.stateRoot);
        vm.expectRevert(
            abi.encodeWithSelector(
                SafeCast.SafeCastOverflowedUintDowncast.selector, 192, uint256(type(uint192).max) + 1
            )
        );
        mirror.prove(alice, bob, 5, p.account, p.storage_);
    }
}
