// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../../src/interfaces/IParameters.sol";
import { CortensorGovernor } from "../../src/l1/CortensorGovernor.sol";
import { Parameters } from "../../src/l1/Parameters.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Base } from "../utils/Base.t.sol";
import { IAccessControl } from "@openzeppelin/contracts/access/IAccessControl.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";
import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";

abstract contract CortensorGovernorBase is Base {
    uint48 internal constant VOTING_DELAY = 1 days;
    uint32 internal constant VOTING_PERIOD = 5 days;
    uint256 internal constant THRESHOLD = 1000 ether;
    uint256 internal constant QUORUM_PERCENT = 4;
    uint256 internal constant TIMELOCK_DELAY = 2 days;
    string internal constant DESCRIPTION = "Routers get less";
    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    TimelockController internal timelock;
    CortensorGovernor internal governor;
    address internal proposer = makeAddr("proposer");
    address internal opponent = makeAddr("opponent");

    function setUp() public virtual override {
        super.setUp();
        address[] memory proposers = new address[](1);
        proposers[0] = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        // Nobody in particular may execute, so anyone may; nobody is admin from the start.
        timelock = new TimelockController(TIMELOCK_DELAY, proposers, new address[](1), address(0));
        governor = new CortensorGovernor(token, timelock, VOTING_DELAY, VOTING_PERIOD, THRESHOLD, QUORUM_PERCENT);
        parameters = new Parameters(address(timelock), EPOCH, definitions());
        endow(proposer, THRESHOLD);
        endow(client, 0);
        skip(1);
    }

    function endow(address who, uint256 amount) internal {
        vm.prank(holder);
        token.transfer(who, amount);
        vm.prank(who);
        token.delegate(who);
    }

    function single(bytes memory call)
        internal
        view
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calls)
    {
        targets = new address[](1);
        targets[0] = address(parameters);
        values = new uint256[](1);
        calls = new bytes[](1);
        calls[0] = call;
    }

    function change() internal pure returns (bytes memory) {
        return abi.encodeCall(IParameters.set, (Parameter.RouterBps, 400));
    }

    function propose() internal returns (uint256) {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = single(change());
        vm.prank(proposer);
        return governor.propose(targets, values, calls, DESCRIPTION);
    }

    function queue() internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = single(change());
        vm.prank(stranger);
        governor.queue(targets, values, calls, keccak256(bytes(DESCRIPTION)));
    }

    function execute() internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = single(change());
        vm.prank(stranger);
        governor.execute(targets, values, calls, keccak256(bytes(DESCRIPTION)));
    }

    function vote(address who, uint256 id, uint8 support) internal {
        vm.prank(who);
        governor.castVote(id, support);
    }

    /// @dev From the proposal to the end of a vote that `client` wins.
    function win() internal returns (uint256 id) {
        id = propose();
        skip(VOTING_DELAY + 1);
        vote(client, id, FOR);
        skip(VOTING_PERIOD);
    }

    function expectUnexpectedState(uint256 id, IGovernor.ProposalState is_, bytes32 expected) internal {
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnexpectedProposalState.selector, id, is_, expected));
    }

    function assertState(uint256 id, IGovernor.ProposalState expected) internal view {
        assertEq(uint256(governor.state(id)), uint256(expected));
    }

    function bit(IGovernor.ProposalState s) internal pure returns (bytes32) {
        return bytes32(1 << uint256(s));
    }
}

contract CortensorGovernorConstructorTest is CortensorGovernorBase {
    function test_HoldsWhatItWasGiven() public view {
        assertEq(governor.name(), "CortensorGovernor");
        assertEq(address(governor.token()), address(token));
        assertEq(governor.timelock(), address(timelock));
        assertEq(governor.votingDelay(), VOTING_DELAY);
        assertEq(governor.votingPeriod(), VOTING_PERIOD);
        assertEq(governor.proposalThreshold(), THRESHOLD);
        assertEq(governor.quorumNumerator(), QUORUM_PERCENT);
        assertEq(governor.quorum(block.timestamp - 1), SUPPLY * QUORUM_PERCENT / 100);
        assertEq(governor.CLOCK_MODE(), "mode=timestamp");
        assertEq(governor.clock(), block.timestamp);
    }

    function test_OnlyTheGovernorProposesAndNobodyIsAdmin() public view {
        assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), address(governor)));
        assertTrue(timelock.hasRole(timelock.CANCELLER_ROLE(), address(governor)));
        assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), address(0)));
        // Its own admin: only through a vote.
        assertTrue(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(timelock)));
        address[4] memory others = [address(this), holder, address(governor), address(0)];
        for (uint256 i = 0; i < others.length; ++i) {
            assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), others[i]));
        }
        assertFalse(timelock.hasRole(timelock.PROPOSER_ROLE(), address(0)));
        assertFalse(timelock.hasRole(timelock.PROPOSER_ROLE(), address(this)));
    }
}

contract CortensorGovernorProposalTest is CortensorGovernorBase {
    function test_WalksFromAVoteToAParameterThatHoldsFromTheNextEpoch() public {
        uint256 id = propose();
        assertState(id, IGovernor.ProposalState.Pending);
        assertTrue(governor.proposalNeedsQueuing(id));
        skip(VOTING_DELAY);
        assertState(id, IGovernor.ProposalState.Pending);
        skip(1);
        assertState(id, IGovernor.ProposalState.Active);
        vote(client, id, FOR);
        skip(VOTING_PERIOD - 1);
        assertState(id, IGovernor.ProposalState.Active);
        skip(1);
        assertState(id, IGovernor.ProposalState.Succeeded);
        queue();
        assertState(id, IGovernor.ProposalState.Queued);
        assertEq(governor.proposalEta(id), block.timestamp + TIMELOCK_DELAY);
        skip(TIMELOCK_DELAY);
        assertEq(parameters.get(Parameter.RouterBps), 500);

        execute();
        assertState(id, IGovernor.ProposalState.Executed);
        uint64 epoch = parameters.currentEpoch();
        assertEq(parameters.get(Parameter.RouterBps), 500);
        vm.warp((epoch + 1) * EPOCH - 1);
        assertEq(parameters.get(Parameter.RouterBps), 500);
        skip(1);
        assertEq(parameters.get(Parameter.RouterBps), 400);
        assertEq(parameters.getAt(Parameter.RouterBps, epoch), 500);
    }

    function test_RevertWhen_ExecutedBeforeTheDelay() public {
        uint256 id = win();
        queue();
        skip(TIMELOCK_DELAY - 1);
        expectNotReady();
        execute();
        assertState(id, IGovernor.ProposalState.Queued);
        skip(1);
        execute();
    }

    function test_RevertWhen_NotQueued() public {
        uint256 id = win();
        skip(TIMELOCK_DELAY);
        expectUnexpectedState(id, IGovernor.ProposalState.Succeeded, bit(IGovernor.ProposalState.Queued));
        execute();
    }

    function test_RevertWhen_TheProposerHasTooFewVotes() public {
        vm.prank(proposer);
        token.transfer(stranger, 1);
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorInsufficientProposerVotes.selector, proposer, THRESHOLD - 1, THRESHOLD
            )
        );
        propose();
    }

    function test_DefeatedWithoutQuorum() public {
        uint256 quorum = SUPPLY * QUORUM_PERCENT / 100;
        endow(opponent, quorum - 1);
        uint256 id = propose();
        skip(VOTING_DELAY + 1);
        vote(opponent, id, FOR);
        skip(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Defeated);
        expectUnexpectedState(id, IGovernor.ProposalState.Defeated, bit(IGovernor.ProposalState.Succeeded));
        queue();
    }

    function test_QuorumIsReachedByOneMoreAndAbstainingCounts() public {
        uint256 quorum = SUPPLY * QUORUM_PERCENT / 100;
        endow(opponent, quorum - THRESHOLD);
        uint256 id = propose();
        skip(VOTING_DELAY + 1);
        vote(opponent, id, ABSTAIN);
        vote(proposer, id, FOR);
        skip(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Succeeded);
    }

    function test_DefeatedByAsManyAgainst() public {
        endow(opponent, 100_000 ether);
        uint256 id = propose();
        skip(VOTING_DELAY + 1);
        vote(client, id, FOR);
        vote(opponent, id, AGAINST);
        skip(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_VotesBoughtAfterTheSnapshotDoNotCount() public {
        uint256 id = propose();
        skip(VOTING_DELAY + 1);
        endow(opponent, 100_000 ether);
        vote(opponent, id, AGAINST);
        (uint256 against,,) = governor.proposalVotes(id);
        assertEq(against, 0);
    }

    function test_TheProposerMayTakeItBackWhileItIsPending() public {
        uint256 id = propose();
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = single(change());
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, stranger));
        governor.cancel(targets, values, calls, keccak256(bytes(DESCRIPTION)));
        vm.prank(proposer);
        governor.cancel(targets, values, calls, keccak256(bytes(DESCRIPTION)));
        assertState(id, IGovernor.ProposalState.Canceled);
    }

    function expectNotReady() private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = single(change());
        bytes32 salt = bytes20(address(governor)) ^ keccak256(bytes(DESCRIPTION));
        bytes32 operation = timelock.hashOperationBatch(targets, values, calls, 0, salt);
        bytes32 ready = bytes32(1 << uint256(TimelockController.OperationState.Ready));
        vm.expectRevert(
            abi.encodeWithSelector(TimelockController.TimelockUnexpectedOperationState.selector, operation, ready)
        );
    }
}

contract CortensorGovernorNobodyElseTest is CortensorGovernorBase {
    function test_RevertWhen_AnybodyElseSetsAParameter() public {
        address[5] memory others = [address(this), holder, client, proposer, address(governor)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParameters.NotGovernance.selector, others[i]));
            vm.prank(others[i]);
            parameters.set(Parameter.RouterBps, 400);
        }
    }

    function test_RevertWhen_AnybodyElseSchedules() public {
        bytes32 role = timelock.PROPOSER_ROLE();
        address[3] memory others = [address(this), holder, client];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[i], role)
            );
            vm.prank(others[i]);
            timelock.schedule(address(parameters), 0, change(), 0, 0, TIMELOCK_DELAY);
        }
    }

    function test_RevertWhen_AnybodyElseCancelsInTheTimelock() public {
        uint256 id = win();
        queue();
        bytes32 operation = keccak256("operation");
        bytes32 role = timelock.CANCELLER_ROLE();
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, holder, role));
        vm.prank(holder);
        timelock.cancel(operation);
        assertState(id, IGovernor.ProposalState.Queued);
    }

    function test_RevertWhen_AnybodyGrantsThemselvesARole() public {
        bytes32 admin = timelock.DEFAULT_ADMIN_ROLE();
        bytes32 role = timelock.PROPOSER_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, address(this), admin)
        );
        timelock.grantRole(role, address(this));
    }

    function test_RevertWhen_AnybodyChangesTheRulesOfVoting() public {
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, holder));
        governor.setVotingDelay(0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, holder));
        governor.setVotingPeriod(1);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, holder));
        governor.setProposalThreshold(0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, holder));
        governor.updateQuorumNumerator(0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, holder));
        governor.updateTimelock(TimelockController(payable(holder)));
    }
}
