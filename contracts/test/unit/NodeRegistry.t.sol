// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { INodeRegistry } from "../../src/interfaces/INodeRegistry.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Roles } from "../../src/types/Roles.sol";
import { Base } from "../utils/Base.t.sol";

abstract contract NodeRegistryBase is Base {
    address internal operator;
    uint256 internal operatorKey;

    function setUp() public virtual override {
        super.setUp();
        (operator, operatorKey) = makeAddrAndKey("operator");
    }

    function registerRaw(INodeRegistry.Registration memory r, uint256 deadline, bytes memory consent) internal {
        vm.prank(holder);
        registry.register(r, deadline, consent);
    }

    function expectRegisterRevert(INodeRegistry.Registration memory r, bytes memory reason) internal {
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        vm.expectRevert(reason);
        registerRaw(r, block.timestamp, consent);
    }
}

contract NodeRegistryRegister is NodeRegistryBase {
    function test_registersWithEnoughStake() public {
        stake(operator, MIN_STAKE);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        vm.expectEmit(address(registry));
        emit INodeRegistry.NodeRegistered(operator, holder, Roles.MINER, PEER_ID, keccak256("encryption"));
        registerRaw(r, block.timestamp, consent);
        INodeRegistry.Node memory n = registry.node(operator);
        assertEq(n.owner, holder);
        assertEq(n.roles, Roles.MINER);
        assertEq(n.peerId, PEER_ID);
        assertTrue(registry.isActive(operator, Roles.MINER));
        assertFalse(registry.isActive(operator, Roles.GUARD));
        assertFalse(registry.isActive(operator, 0));
    }

    function test_StakeTooLow_rolesAddUp() public {
        stake(operator, 2 * MIN_STAKE - 1);
        expectRegisterRevert(
            registration(operator, Roles.MINER | Roles.ROUTER),
            abi.encodeWithSelector(INodeRegistry.StakeTooLow.selector, 2 * MIN_STAKE - 1, 2 * MIN_STAKE)
        );
    }

    function test_StakeTooLow_theStakeOfAnotherOwnerDoesNotCount() public {
        stake(operator, MIN_STAKE);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, client, r, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.StakeTooLow.selector, 0, MIN_STAKE));
        vm.prank(client);
        registry.register(r, block.timestamp, consent);
    }

    function test_InvalidRoles(uint32 roles) public {
        vm.assume(roles == 0 || roles > Roles.ALL);
        expectRegisterRevert(
            registration(operator, roles), abi.encodeWithSelector(INodeRegistry.InvalidRoles.selector, roles)
        );
    }

    function test_InvalidPeerId() public {
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        r.peerId = new bytes(65);
        expectRegisterRevert(r, abi.encodeWithSelector(INodeRegistry.InvalidPeerId.selector, 65));
        r.peerId = "";
        expectRegisterRevert(r, abi.encodeWithSelector(INodeRegistry.InvalidPeerId.selector, 0));
    }

    function test_AlreadyRegistered() public {
        register(operatorKey, Roles.MINER, MIN_STAKE);
        expectRegisterRevert(
            registration(operator, Roles.MINER),
            abi.encodeWithSelector(INodeRegistry.AlreadyRegistered.selector, operator)
        );
    }

    function test_ConsentExpired() public {
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp - 1);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ConsentExpired.selector, block.timestamp - 1));
        registerRaw(r, block.timestamp - 1, consent);
    }

    function test_NotOperator_whenTheOwnerSigns() public {
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(clientKey, holder, r, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotOperator.selector, client));
        registerRaw(r, block.timestamp, consent);
    }

    function test_InvalidSignature() public {
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        registerRaw(r, block.timestamp, new bytes(65));
    }

    function test_aConsentHoldsOnce() public {
        stake(operator, MIN_STAKE);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        registerRaw(r, block.timestamp, consent);
        vm.prank(operator);
        registry.deregister(operator);
        vm.expectPartialRevert(INodeRegistry.NotOperator.selector);
        registerRaw(r, block.timestamp, consent);
    }
}

contract NodeRegistryUpdate is NodeRegistryBase {
    function test_replacesTheEntry() public {
        register(operatorKey, Roles.GUARD, MIN_STAKE);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        vm.prank(holder);
        registry.update(r, block.timestamp, consent);
        assertEq(registry.node(operator).roles, Roles.MINER);
        skip(1);
        assertEq(registry.totalGuardWeightAt(block.timestamp - 1), 0);
        assertEq(registry.guardCountAt(block.timestamp - 1), 0);
    }

    function test_NotRegistered() public {
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotRegistered.selector, operator));
        registry.update(r, block.timestamp, "");
    }

    function test_NotAuthorised_anotherOwnerWithTheOperatorsConsent() public {
        register(operatorKey, Roles.MINER, MIN_STAKE);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, client, r, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotAuthorised.selector, client));
        vm.prank(client);
        registry.update(r, block.timestamp, consent);
    }
}

contract NodeRegistryDeregister is NodeRegistryBase {
    function setUp() public override {
        super.setUp();
        register(operatorKey, Roles.GUARD, MIN_STAKE);
    }

    function test_byTheOwner() public {
        vm.prank(holder);
        registry.deregister(operator);
        assertEq(registry.node(operator).owner, address(0));
        assertFalse(registry.isActive(operator, Roles.GUARD));
    }

    function test_byTheOperator() public {
        vm.prank(operator);
        registry.deregister(operator);
        assertEq(registry.node(operator).owner, address(0));
    }

    function test_NotAuthorised() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotAuthorised.selector, stranger));
        vm.prank(stranger);
        registry.deregister(operator);
    }

    function test_NotRegistered() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotRegistered.selector, stranger));
        registry.deregister(stranger);
    }
}

contract NodeRegistryOnStakeChanged is NodeRegistryBase {
    function setUp() public override {
        super.setUp();
        register(operatorKey, Roles.GUARD, MIN_STAKE);
    }

    function weights() internal returns (uint256 own, uint256 total, uint256 count) {
        skip(1);
        uint256 at = block.timestamp - 1;
        return (registry.guardWeightAt(operator, at), registry.totalGuardWeightAt(at), registry.guardCountAt(at));
    }

    function test_NotAuthorised() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotAuthorised.selector, holder));
        vm.prank(holder);
        registry.onStakeChanged(holder, operator, 1);
    }

    function test_moreStakeIsMoreWeight() public {
        stake(operator, 50);
        (uint256 own, uint256 total, uint256 count) = weights();
        assertEq(own, MIN_STAKE + 50);
        assertEq(total, MIN_STAKE + 50);
        assertEq(count, 1);
    }

    function test_belowTheMinimumAGuardHasNoWeightAndWithItAgainItHas() public {
        vm.prank(holder);
        vault.unstake(operator, 1);
        (uint256 own, uint256 total, uint256 count) = weights();
        assertEq(own + total + count, 0);
        assertFalse(registry.isActive(operator, Roles.GUARD));
        stake(operator, 1);
        (own, total, count) = weights();
        assertEq(own, MIN_STAKE);
        assertEq(count, 1);
    }

    function test_aStrangersStakeBehindTheOperatorChangesNothing() public {
        vm.startPrank(client);
        token.approve(address(vault), 5);
        vault.stake(operator, 5);
        (uint256 own,,) = weights();
        assertEq(own, MIN_STAKE);
    }

    function test_snapshotsDoNotChangeAfterwards() public {
        skip(1);
        uint256 at = block.timestamp - 1;
        vm.prank(holder);
        registry.deregister(operator);
        assertEq(registry.guardWeightAt(operator, at), MIN_STAKE);
        assertEq(registry.totalGuardWeightAt(at), MIN_STAKE);
        skip(1);
        assertEq(registry.guardWeightAt(operator, block.timestamp - 1), 0);
    }

    function test_NotYetPast() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotYetPast.selector, block.timestamp));
        registry.guardWeightAt(operator, block.timestamp);
    }
}
