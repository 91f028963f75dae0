// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../../src/interfaces/IAdmission.sol";
import { INodeRegistry } from "../../src/interfaces/INodeRegistry.sol";
import { IStakeSource } from "../../src/interfaces/IStakeSource.sol";
import { IWeights } from "../../src/interfaces/IWeights.sol";
import { NodeRegistry } from "../../src/l2/NodeRegistry.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Roles } from "../../src/types/Roles.sol";
import { Base } from "../utils/Base.t.sol";
import { MockAdmission } from "../utils/MockAdmission.sol";

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
        emit INodeRegistry.NodeRegistered(
            operator, holder, Roles.MINER, PEER_ID, keccak256("encryption"), keccak256("endpoints")
        );
        registerRaw(r, block.timestamp, consent);
        INodeRegistry.Node memory n = registry.node(operator);
        assertEq(n.owner, holder);
        assertEq(n.roles, Roles.MINER);
        assertEq(n.peerId, PEER_ID);
        assertEq(n.encryptionKey, keccak256("encryption"));
        assertEq(n.endpoints, keccak256("endpoints"));
        assertEq(n.level, 0);
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
        assertEq(registry.totalWeightAt(Roles.GUARD, block.timestamp - 1), 0);
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

    function test_itsOwnerStillAnswersForIt() public {
        vm.prank(operator);
        registry.deregister(operator);
        assertEq(registry.ownerOf(operator), holder);
        assertEq(uint8(registry.statusOf(operator)), uint8(INodeRegistry.Status.Unregistered));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotRegistered.selector, operator));
        vm.prank(operator);
        registry.deregister(operator);
    }

    function test_stakeThatMovesAfterwardsGivesItNoWeight() public {
        vm.prank(holder);
        registry.deregister(operator);
        stake(operator, MIN_STAKE);
        skip(1);
        assertEq(registry.weightAt(operator, Roles.GUARD, block.timestamp - 1), 0);
        assertEq(registry.totalWeightAt(Roles.GUARD, block.timestamp - 1), 0);
    }

    function test_itsOwnerMayRegisterItAgain() public {
        vm.prank(holder);
        registry.deregister(operator);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        registerRaw(r, block.timestamp, consentOf(operatorKey, holder, r, block.timestamp));
        assertTrue(registry.isActive(operator, Roles.MINER));
    }

    function test_OperatorTaken_anotherOwnerNeverGetsIt() public {
        vm.prank(holder);
        registry.deregister(operator);
        vm.startPrank(holder);
        token.transfer(stranger, MIN_STAKE);
        vm.stopPrank();
        vm.startPrank(stranger);
        token.approve(address(vault), MIN_STAKE);
        vault.stake(operator, MIN_STAKE);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, stranger, r, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.OperatorTaken.selector, operator, holder));
        registry.register(r, block.timestamp, consent);
    }
}

contract NodeRegistryOnStakeChanged is NodeRegistryBase {
    function setUp() public override {
        super.setUp();
        register(operatorKey, Roles.GUARD, MIN_STAKE);
    }

    function weights() internal returns (uint256 own, uint256 total) {
        skip(1);
        uint256 when = block.timestamp - 1;
        return (registry.weightAt(operator, Roles.GUARD, when), registry.totalWeightAt(Roles.GUARD, when));
    }

    function test_NotAuthorised() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotAuthorised.selector, holder));
        vm.prank(holder);
        registry.onStakeChanged(holder, operator, 1);
    }

    function test_moreStakeIsMoreWeight() public {
        stake(operator, 50);
        (uint256 own, uint256 total) = weights();
        assertEq(own, MIN_STAKE + 50);
        assertEq(total, MIN_STAKE + 50);
    }

    function test_belowTheMinimumAGuardHasNoWeightAndWithItAgainItHas() public {
        vm.prank(holder);
        vault.unstake(operator, 1);
        (uint256 own, uint256 total) = weights();
        assertEq(own + total, 0);
        assertFalse(registry.isActive(operator, Roles.GUARD));
        stake(operator, 1);
        (own, total) = weights();
        assertEq(own, MIN_STAKE);
        assertEq(total, MIN_STAKE);
    }

    function test_aStrangersStakeBehindTheOperatorChangesNothing() public {
        vm.startPrank(client);
        token.approve(address(vault), 5);
        vault.stake(operator, 5);
        (uint256 own,) = weights();
        assertEq(own, MIN_STAKE);
    }

    function test_snapshotsDoNotChangeAfterwards() public {
        skip(1);
        uint256 when = block.timestamp - 1;
        vm.prank(holder);
        registry.deregister(operator);
        assertEq(registry.weightAt(operator, Roles.GUARD, when), MIN_STAKE);
        assertEq(registry.totalWeightAt(Roles.GUARD, when), MIN_STAKE);
        skip(1);
        assertEq(registry.weightAt(operator, Roles.GUARD, block.timestamp - 1), 0);
    }

    function test_NotYetPast() public {
        vm.expectRevert(abi.encodeWithSelector(IWeights.NotYetPast.selector, block.timestamp));
        registry.weightAt(operator, Roles.GUARD, block.timestamp);
    }
}

contract NodeRegistryWeightAt is NodeRegistryBase {
    /// @dev Weight in each role, from the router's to the oracle's.
    function expectWeights(uint256[4] memory own, uint256[4] memory total) internal {
        skip(1);
        for (uint256 i = 0; i < 4; ++i) {
            uint32 role = uint32(1 << i);
            assertEq(registry.weightAt(operator, role, block.timestamp - 1), own[i], "own");
            assertEq(registry.totalWeightAt(role, block.timestamp - 1), total[i], "total");
        }
    }

    function test_isTheStakeInEachRoleOfTheNode() public {
        uint256 stake_ = 4 * uint256(MIN_STAKE) + 5;
        register(operatorKey, Roles.ALL, stake_);
        expectWeights([stake_, stake_, stake_, stake_], [stake_, stake_, stake_, stake_]);
    }

    function test_anUpdateMovesItToTheNewRoles() public {
        uint256 stake_ = 2 * uint256(MIN_STAKE);
        register(operatorKey, Roles.ROUTER | Roles.GUARD, stake_);
        expectWeights([stake_, 0, stake_, 0], [stake_, 0, stake_, 0]);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER | Roles.GUARD);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        // The guard's weight stays as it is and is not told.
        vm.recordLogs();
        vm.prank(holder);
        registry.update(r, block.timestamp, consent);
        assertEq(vm.getRecordedLogs().length, 3);
        expectWeights([0, stake_, stake_, 0], [0, stake_, stake_, 0]);
    }

    function test_tellsWeightAndTotal() public {
        stake(operator, MIN_STAKE);
        register(guardKeys[0], Roles.GUARD, MIN_STAKE + 1);
        INodeRegistry.Registration memory r = registration(operator, Roles.GUARD);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        vm.expectEmit(address(registry));
        emit INodeRegistry.WeightChanged(operator, Roles.GUARD, MIN_STAKE, 2 * uint256(MIN_STAKE) + 1);
        registerRaw(r, block.timestamp, consent);
        vm.expectEmit(address(registry));
        emit INodeRegistry.WeightChanged(operator, Roles.GUARD, 0, MIN_STAKE + 1);
        vm.prank(holder);
        registry.deregister(operator);
    }

    function testFuzz_theTotalIsTheSumOverNodes(uint96 a, uint96 b, uint96 c) public {
        uint256[3] memory stakes = [bound(a, 0, 1e4 ether), bound(b, 0, 1e4 ether), bound(c, 0, 1e4 ether)];
        uint256 sum = 3 * uint256(MIN_STAKE);
        for (uint256 i = 0; i < 3; ++i) {
            register(guardKeys[i], Roles.GUARD, MIN_STAKE + stakes[i]);
            sum += stakes[i];
        }
        vm.prank(holder);
        vault.unstake(vm.addr(guardKeys[1]), stakes[1] + 1);
        sum -= stakes[1] + MIN_STAKE;
        skip(1);
        assertEq(registry.totalWeightAt(Roles.GUARD, block.timestamp - 1), sum);
    }

    function test_NotYetPast() public {
        vm.expectRevert(abi.encodeWithSelector(IWeights.NotYetPast.selector, block.timestamp));
        registry.totalWeightAt(Roles.GUARD, block.timestamp);
    }

    function test_InvalidRoles_unlessItIsOneRole(uint32 role) public {
        vm.assume(role != 1 && role != 2 && role != 4 && role != 8);
        bytes memory reason = abi.encodeWithSelector(INodeRegistry.InvalidRoles.selector, role);
        vm.expectRevert(reason);
        registry.weightAt(operator, role, block.timestamp - 1);
        vm.expectRevert(reason);
        registry.totalWeightAt(role, block.timestamp - 1);
    }
}

contract NodeRegistryRefresh is NodeRegistryBase {
    function setUp() public override {
        super.setUp();
        register(operatorKey, Roles.GUARD, MIN_STAKE);
        skip(1);
    }

    function weight() internal returns (uint256) {
        skip(1);
        uint256 own = registry.weightAt(operator, Roles.GUARD, block.timestamp - 1);
        assertEq(registry.totalWeightAt(Roles.GUARD, block.timestamp - 1), own);
        return own;
    }

    function test_aRaiseHoldsFromItsEpochAndCountsOnceSomebodyAsks() public {
        numbers.set(Parameter.MinStakeGuardWei, MIN_STAKE + 1);
        registry.refresh(operator);
        assertTrue(registry.isActive(operator, Roles.GUARD));
        assertEq(weight(), MIN_STAKE);

        vm.warp((numbers.currentEpoch() + 1) * EPOCH_SECONDS);
        assertFalse(registry.isActive(operator, Roles.GUARD));
        assertEq(uint8(registry.statusOf(operator)), uint8(INodeRegistry.Status.Understaked));
        assertEq(weight(), MIN_STAKE);
        vm.prank(stranger);
        registry.refresh(operator);
        assertEq(weight(), 0);
    }

    function test_aLoweringGivesTheSeatBack() public {
        numbers.put(Parameter.MinStakeGuardWei, MIN_STAKE + 1);
        registry.refresh(operator);
        assertEq(weight(), 0);
        numbers.put(Parameter.MinStakeGuardWei, MIN_STAKE);
        registry.refresh(operator);
        assertEq(weight(), MIN_STAKE);
    }

    function test_changesNothingThatWasCountedRight() public {
        vm.recordLogs();
        registry.refresh(operator);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_NotRegistered() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotRegistered.selector, stranger));
        registry.refresh(stranger);
    }
}

contract NodeRegistrySetLevel is NodeRegistryBase {
    function setUp() public override {
        super.setUp();
        register(operatorKey, Roles.MINER, MIN_STAKE);
    }

    function setLevel(address who, uint8 level) internal {
        vm.prank(reputation);
        registry.setLevel(who, level);
    }

    function test_setsItAndAnUpdateKeepsIt() public {
        vm.expectEmit(address(registry));
        emit INodeRegistry.LevelSet(operator, 10);
        setLevel(operator, 10);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        vm.prank(holder);
        registry.update(r, block.timestamp, consent);
        assertEq(registry.node(operator).level, 10);
    }

    function test_aNewNodeStartsAtZero() public {
        setLevel(operator, 3);
        vm.prank(holder);
        registry.deregister(operator);
        register(operatorKey, Roles.MINER, MIN_STAKE);
        assertEq(registry.node(operator).level, 0);
    }

    function test_InvalidLevel() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.InvalidLevel.selector, 11));
        setLevel(operator, 11);
    }

    function test_NotAuthorised() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotAuthorised.selector, holder));
        vm.prank(holder);
        registry.setLevel(operator, 1);
    }

    function test_NotRegistered() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotRegistered.selector, stranger));
        setLevel(stranger, 1);
    }
}

contract NodeRegistryStatusOf is NodeRegistryBase {
    function status() internal view returns (uint8) {
        return uint8(registry.statusOf(operator));
    }

    function test_followsRegistrationAndStake() public {
        stake(operator, MIN_STAKE);
        assertEq(status(), uint8(INodeRegistry.Status.Unregistered));
        register(operatorKey, Roles.MINER, 0 + 1);
        assertEq(status(), uint8(INodeRegistry.Status.Active));
        vm.prank(holder);
        vault.unstake(operator, 2);
        assertEq(status(), uint8(INodeRegistry.Status.Understaked));
    }
}

contract NodeRegistryStakeRequired is NodeRegistryBase {
    function test_eachRoleHasItsOwnMinimumOfNow() public {
        numbers.put(Parameter.MinStakeRouterWei, 1);
        numbers.put(Parameter.MinStakeMinerWei, 20);
        numbers.put(Parameter.MinStakeGuardWei, 300);
        numbers.put(Parameter.MinStakeOracleWei, 4000);
        assertEq(registry.stakeRequired(Roles.ROUTER), 1);
        assertEq(registry.stakeRequired(Roles.MINER), 20);
        assertEq(registry.stakeRequired(Roles.GUARD), 300);
        assertEq(registry.stakeRequired(Roles.ORACLE), 4000);
        assertEq(registry.stakeRequired(Roles.ALL), 4321);
        assertEq(registry.stakeRequired(0), 0);
    }
}

contract NodeRegistryAdmission is NodeRegistryBase {
    MockAdmission internal admission;

    function setUp() public override {
        super.setUp();
        admission = new MockAdmission();
        registry = new NodeRegistry(IStakeSource(address(vault)), numbers, admission, reputation);
    }

    function test_isAskedForTheOwnerTheOperatorAndTheRoles() public {
        stake(operator, MIN_STAKE);
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        vm.expectCall(address(admission), abi.encodeCall(IAdmission.requireNode, (holder, operator, Roles.MINER)));
        registerRaw(r, block.timestamp, consent);
        assertTrue(registry.isActive(operator, Roles.MINER));
    }

    function test_itsNoHoldsForRegisterAndUpdate() public {
        stake(operator, 2 * MIN_STAKE);
        admission.deny(true);
        expectRegisterRevert(
            registration(operator, Roles.MINER), abi.encodeWithSelector(MockAdmission.Denied.selector, holder)
        );
        admission.deny(false);
        register(operatorKey, Roles.MINER, 1);
        admission.deny(true);
        INodeRegistry.Registration memory r = registration(operator, Roles.GUARD);
        bytes memory consent = consentOf(operatorKey, holder, r, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(MockAdmission.Denied.selector, holder));
        vm.prank(holder);
        registry.update(r, block.timestamp, consent);
    }
}
