// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStakeListener } from "../../src/interfaces/IStakeListener.sol";
import { IStakeVault } from "../../src/interfaces/IStakeVault.sol";
import { CorToken } from "../../src/l1/CorToken.sol";

import { StakeVault } from "../../src/l1/StakeVault.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Base } from "../utils/Base.t.sol";

/// @notice Hears what the vault tells.
contract Listener is IStakeListener {
    mapping(address owner => mapping(address operator => uint256)) public told;

    function onStakeChanged(address owner, address operator, uint256 stake) external {
        told[owner][operator] = stake;
    }
}

/// @notice Owners, the slasher, governance and strangers in any order, with books kept beside the vault.
contract StakeVaultHandler is Base {
    uint256 public constant OWNERS = 3;
    uint256 public constant OPERATORS = 2;
    uint256 internal constant CASES_MAX = 40;

    struct Pair {
        uint256 active;
        uint256 leaving;
        uint256 frozen;
        uint256 releaseAt;
    }

    struct Case {
        uint256 owner;
        uint256 operator;
        uint256 amount;
        uint256 executableAt;
        uint256 reporterBps;
        bool pending;
    }

    Listener public listener;
    StakeVault public stakes;
    CorToken public cor;
    mapping(uint256 owner => mapping(uint256 operator => Pair)) public books;
    Case[] public cases;
    address public reporter = address(0x4E9047);
    uint256 public deposited;
    uint256 public withdrawn;
    uint256 public burned;
    uint256 public rewarded;

    function setUp() public override {
        super.setUp();
        listener = new Listener();
        vault = new StakeVault(token, listener, slasher, parameters);
        (stakes, cor) = (vault, token);
        for (uint256 i = 0; i < OWNERS; ++i) {
            vm.prank(holder);
            token.transfer(ownerOf(i), 100_000 ether);
            vm.prank(ownerOf(i));
            token.approve(address(vault), type(uint256).max);
        }
    }

    function ownerOf(uint256 i) public pure returns (address) {
        return address(uint160(0xA0000 + i));
    }

    function operatorOf(uint256 i) public pure returns (address) {
        return address(uint160(0xB0000 + i));
    }

    function caseCount() external view returns (uint256) {
        return cases.length;
    }

    function stake(uint256 owner, uint256 operator, uint256 amount) external {
        (owner, operator) = (owner % OWNERS, operator % OPERATORS);
        uint256 balance = token.balanceOf(ownerOf(owner));
        if (balance == 0) return;
        amount = bound(amount, 1, balance / 4 + 1);
        vm.prank(ownerOf(owner));
        vault.stake(operatorOf(operator), amount);
        books[owner][operator].active += amount;
        deposited += amount;
    }

    function unstake(uint256 owner, uint256 operator, uint256 amount) external {
        (owner, operator) = (owner % OWNERS, operator % OPERATORS);
        Pair storage pair = books[owner][operator];
        if (pair.active == 0) return;
        amount = bound(amount, 1, pair.active);
        vm.prank(ownerOf(owner));
        vault.unstake(operatorOf(operator), amount);
        uint256 releaseAt = block.timestamp + parameters.get(Parameter.UnbondingSeconds);
        pair.releaseAt = pair.leaving > 0 && pair.releaseAt > releaseAt ? pair.releaseAt : releaseAt;
        pair.active -= amount;
        pair.leaving += amount;
    }

    /// @dev Whatever others did, what is due is paid in the first second of its date.
    function withdraw(uint256 owner, uint256 operator, bool early) external {
        (owner, operator) = (owner % OWNERS, operator % OPERATORS);
        Pair storage pair = books[owner][operator];
        if (pair.leaving == 0) {
            vm.expectRevert(IStakeVault.NothingUnbonding.selector);
        } else if (block.timestamp < pair.releaseAt) {
            if (!early) vm.warp(pair.releaseAt);
            else vm.expectRevert(abi.encodeWithSelector(IStakeVault.StillUnbonding.selector, pair.releaseAt));
        }
        bool due = pair.leaving > 0 && block.timestamp >= pair.releaseAt;
        vm.prank(ownerOf(owner));
        uint256 amount = vault.withdraw(operatorOf(operator));
        if (!due) return;
        assertEq(amount, pair.leaving);
        pair.leaving = 0;
        withdrawn += amount;
    }

    /// @dev Nobody moves, and nobody delays, what belongs to a pair of somebody else.
    function strangerTries(uint256 operator, uint256 amount, uint256 which) external {
        address target = operatorOf(operator % OPERATORS);
        amount = bound(amount, 1, type(uint128).max);
        bytes32 caseId = bytes32(cases.length == 0 ? 0 : which % cases.length);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.InsufficientStake.selector, amount, 0));
        vault.unstake(target, amount);
        vm.expectRevert(IStakeVault.NothingUnbonding.selector);
        vault.withdraw(target);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotSlasher.selector, stranger));
        vault.proposeSlash("stranger", ownerOf(which % OWNERS), target, amount, stranger);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotSlasher.selector, stranger));
        vault.cancelSlash(caseId);
        vm.stopPrank();
    }

    function propose(uint256 owner, uint256 operator, uint256 amount, bool huge) external {
        if (cases.length >= CASES_MAX) return;
        (owner, operator) = (owner % OWNERS, operator % OPERATORS);
        Pair storage pair = books[owner][operator];
        if (!huge) amount = bound(amount, 0, pair.active + pair.leaving + 1);
        uint256 fromStake = amount < pair.active ? amount : pair.active;
        uint256 fromLeaving = amount - fromStake < pair.leaving ? amount - fromStake : pair.leaving;
        vm.prank(slasher);
        vault.proposeSlash(bytes32(cases.length), ownerOf(owner), operatorOf(operator), amount, reporter);
        pair.active -= fromStake;
        pair.leaving -= fromLeaving;
        pair.frozen += fromStake + fromLeaving;
        cases.push(
            Case(
                owner,
                operator,
                fromStake + fromLeaving,
                block.timestamp + parameters.get(Parameter.SlashAppealSeconds),
                parameters.get(Parameter.ReporterBps),
                true
            )
        );
    }

    function proposeAgain(uint256 which) external {
        if (cases.length == 0) return;
        which %= cases.length;
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.CaseExists.selector, bytes32(which)));
        vm.prank(slasher);
        vault.proposeSlash(bytes32(which), ownerOf(0), operatorOf(0), 1, reporter);
    }

    function cancel(uint256 which) external {
        if (cases.length == 0) return;
        which %= cases.length;
        Case storage c = cases[which];
        bool ok = c.pending && block.timestamp < c.executableAt;
        if (!c.pending) {
            vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotPending.selector, bytes32(which)));
        } else if (!ok) {
            vm.expectRevert(abi.encodeWithSelector(IStakeVault.AppealClosed.selector, c.executableAt));
        }
        vm.prank(slasher);
        vault.cancelSlash(bytes32(which));
        if (!ok) return;
        c.pending = false;
        books[c.owner][c.operator].frozen -= c.amount;
        books[c.owner][c.operator].active += c.amount;
    }

    function execute(uint256 which, bool wait) external {
        if (cases.length == 0) return;
        which %= cases.length;
        Case storage c = cases[which];
        if (c.pending && wait && block.timestamp < c.executableAt) vm.warp(c.executableAt);
        bool ok = c.pending && block.timestamp >= c.executableAt;
        if (!c.pending) {
            vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotPending.selector, bytes32(which)));
        } else if (!ok) {
            vm.expectRevert(abi.encodeWithSelector(IStakeVault.AppealOpen.selector, c.executableAt));
        }
        vm.prank(stranger);
        vault.executeSlash(bytes32(which));
        if (!ok) return;
        c.pending = false;
        books[c.owner][c.operator].frozen -= c.amount;
        uint256 part = c.amount * c.reporterBps / 10_000;
        rewarded += part;
        burned += c.amount - part;
    }

    /// @dev Other numbers for what begins from the next epoch on.
    function changeParameters(uint256 unbonding, uint256 appeal, uint256 part) external {
        vm.startPrank(governance);
        parameters.set(Parameter.UnbondingSeconds, bound(unbonding, 15 days, 60 days));
        parameters.set(Parameter.SlashAppealSeconds, bound(appeal, 6 hours, 7 days));
        parameters.set(Parameter.ReporterBps, bound(part, 0, 5000));
        vm.stopPrank();
    }

    function pass(uint256 time) external {
        skip(bound(time, 1, 3 days));
    }
}

contract StakeVaultInvariant is Base {
    StakeVaultHandler internal handler;
    Listener internal listener;

    function setUp() public override {
        handler = new StakeVaultHandler();
        handler.setUp();
        (vault, token, listener) = (handler.stakes(), handler.cor(), handler.listener());
        bytes4[] memory selectors = new bytes4[](10);
        selectors[0] = StakeVaultHandler.stake.selector;
        selectors[1] = StakeVaultHandler.unstake.selector;
        selectors[2] = StakeVaultHandler.withdraw.selector;
        selectors[3] = StakeVaultHandler.strangerTries.selector;
        selectors[4] = StakeVaultHandler.propose.selector;
        selectors[5] = StakeVaultHandler.proposeAgain.selector;
        selectors[6] = StakeVaultHandler.cancel.selector;
        selectors[7] = StakeVaultHandler.execute.selector;
        selectors[8] = StakeVaultHandler.changeParameters.selector;
        selectors[9] = StakeVaultHandler.pass.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
    }

    function invariant_everyPairHasWhatItsBooksSay() public view {
        for (uint256 i = 0; i < handler.OWNERS(); ++i) {
            for (uint256 j = 0; j < handler.OPERATORS(); ++j) {
                (address owner, address operator) = (handler.ownerOf(i), handler.operatorOf(j));
                (uint256 active, uint256 leaving, uint256 frozen, uint256 releaseAt) = handler.books(i, j);
                assertEq(vault.stakeOf(owner, operator), active);
                assertEq(vault.unbonding(owner, operator).amount, leaving);
                assertEq(vault.frozenOf(owner, operator), frozen);
                assertEq(listener.told(owner, operator), active);
                if (leaving > 0) assertEq(vault.unbonding(owner, operator).releaseAt, releaseAt);
            }
        }
    }

    function invariant_whatCameInIsHeldReturnedOrSlashed() public view {
        uint256 held;
        for (uint256 i = 0; i < handler.OWNERS(); ++i) {
            for (uint256 j = 0; j < handler.OPERATORS(); ++j) {
                (address owner, address operator) = (handler.ownerOf(i), handler.operatorOf(j));
                held += vault.stakeOf(owner, operator) + vault.unbonding(owner, operator).amount
                + vault.frozenOf(owner, operator);
            }
        }
        assertEq(token.balanceOf(address(vault)), held);
        assertEq(handler.deposited(), held + handler.withdrawn() + handler.burned() + handler.rewarded());
        assertEq(token.totalSupply(), SUPPLY - handler.burned());
        assertEq(token.balanceOf(handler.reporter()), handler.rewarded());
    }

    function invariant_pendingCasesAreWhatIsFrozen() public view {
        uint256 pending;
        uint256 frozen;
        for (uint256 i = 0; i < handler.caseCount(); ++i) {
            IStakeVault.Slash memory s = vault.slashOf(bytes32(i));
            if (s.state == IStakeVault.SlashState.Pending) pending += uint256(s.fromStake) + s.fromUnbonding;
        }
        for (uint256 i = 0; i < handler.OWNERS(); ++i) {
            for (uint256 j = 0; j < handler.OPERATORS(); ++j) {
                frozen += vault.frozenOf(handler.ownerOf(i), handler.operatorOf(j));
            }
        }
        assertEq(pending, frozen);
    }
}
