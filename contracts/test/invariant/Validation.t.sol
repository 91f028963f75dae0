// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IValidation } from "../../src/interfaces/IValidation.sol";
import { Validation } from "../../src/l2/Validation.sol";
import { Receipt as MinerReceipt } from "../../src/types/Receipt.sol";
import { ValidationBase } from "../unit/Validation.t.sol";
import { MockSlasher, MockToken } from "../utils/MocksWork.sol";

/// @notice Cases in any order of moves; what was proposed and cancelled is kept beside the contract.
contract ValidationHandler is ValidationBase {
    uint256 internal constant CASES_MAX = 5;

    bytes32[] public ids;
    mapping(bytes32 id => uint256) public executesAt;
    mapping(bytes32 id => bool) public found;
    uint256 public supply;

    function setUp() public override {
        super.setUp();
        fund(stranger);
        supply = token.totalSupply();
    }

    function parts() external view returns (Validation, MockToken, MockSlasher) {
        return (validation, token, slasher);
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function accounts() external view returns (address, address, address) {
        return (opener, owner, stranger);
    }

    function openCase(uint256 which, bool late) external {
        epochs.setLate(late);
        if (ids.length < CASES_MAX) {
            ids.push(open(bytes32(ids.length + 1)));
            return;
        }
        bytes32 id = ids[which % CASES_MAX];
        IValidation.Case memory c = validation.caseOf(id);
        if (c.status == IValidation.Status.Undecided && c.undecided < 3) open(c.task);
    }

    function voteAs(uint256 which, uint256 who, uint8 verdict, bool silent) external {
        (bytes32 id, IValidation.Case memory c, bool ok) = sitting(which);
        if (!ok) return;
        address voter = c.status == IValidation.Status.Appealed ? oracles[who % 5] : guards[who % 5];
        IValidation.Round memory r = validation.roundOf(id, c.round);
        IValidation.Ballot memory ballot = validation.ballotOf(id, c.round, voter);
        verdict = uint8(bound(verdict, 1, 3));
        if (block.timestamp < r.commitFrom) vm.warp(r.commitFrom);
        if (block.timestamp < r.revealFrom) {
            if (ballot.commitment == 0 && validation.seated(id, voter)) commitAs(id, voter, verdict);
        } else if (block.timestamp < r.revealUntil && ballot.commitment != 0 && ballot.verdict == 0 && !silent) {
            for (uint8 v = 1; v <= 3; ++v) {
                if (commitmentOf(id, voter, v) == ballot.commitment) revealAs(id, voter, v);
            }
        }
    }

    /// @dev A whole round at once, so that verdicts are reached often.
    function voteTogether(uint256 which, uint8 verdict, uint256 dissenters) external {
        (bytes32 id, IValidation.Case memory c, bool ok) = sitting(which);
        if (!ok || block.timestamp >= validation.roundOf(id, c.round).commitFrom) return;
        verdict = uint8(bound(verdict, 1, 3));
        uint8[5] memory verdicts = all(verdict);
        for (uint256 i = 0; i < dissenters % 3; ++i) {
            verdicts[i] = verdict % 3 + 1;
        }
        vote(id, c.status == IValidation.Status.Appealed ? oracles : guards, verdicts);
    }

    function resolve(uint256 which) external {
        (bytes32 id, IValidation.Case memory c, bool ok) = sitting(which);
        if (!ok) return;
        uint256 until = validation.roundOf(id, c.round).revealUntil;
        if (block.timestamp < until) vm.warp(until);
        bool onAppeal = c.status == IValidation.Status.Appealed;
        if (onAppeal) assertLt(until, executesAt[id]);
        validation.resolve(id);
        if (!onAppeal) found[id] = statusOf(id) == IValidation.Status.Invalid;
    }

    function propose(uint256 which) external {
        bytes32 id = any(which);
        if (id == 0 || statusOf(id) != IValidation.Status.Invalid) return;
        validation.proposeSlash(id);
        executesAt[id] = block.timestamp + 2701;
    }

    function appealCase(uint256 which, bool byOwner, bool late) external {
        bytes32 id = any(which);
        if (id == 0 || statusOf(id) != IValidation.Status.Slashed) return;
        if (block.timestamp >= validation.caseOf(id).appealUntil) return;
        epochs.setLate(late);
        vm.prank(byOwner ? owner : stranger);
        validation.appeal(id);
    }

    function cancel(uint256 which) external {
        bytes32 id = any(which);
        if (id == 0 || statusOf(id) != IValidation.Status.Overturned || validation.caseOf(id).cancelled) return;
        validation.cancelSlash(id);
    }

    function pass(uint256 time) external {
        skip(bound(time, 1, 120));
    }

    function any(uint256 which) private view returns (bytes32) {
        return ids.length == 0 ? bytes32(0) : ids[which % ids.length];
    }

    function sitting(uint256 which) private view returns (bytes32 id, IValidation.Case memory c, bool ok) {
        id = any(which);
        if (id == 0) return (id, c, false);
        c = validation.caseOf(id);
        ok = c.status == IValidation.Status.Voting || c.status == IValidation.Status.Appealed;
    }
}

contract ValidationInvariant is ValidationBase {
    ValidationHandler internal handler;

    function setUp() public override {
        handler = new ValidationHandler();
        handler.setUp();
        (validation, token, slasher) = handler.parts();
        bytes4[] memory selectors = new bytes4[](9);
        selectors[0] = ValidationHandler.openCase.selector;
        selectors[1] = ValidationHandler.voteAs.selector;
        selectors[2] = ValidationHandler.resolve.selector;
        selectors[3] = ValidationHandler.propose.selector;
        selectors[4] = ValidationHandler.appealCase.selector;
        selectors[5] = ValidationHandler.cancel.selector;
        selectors[6] = ValidationHandler.pass.selector;
        selectors[7] = ValidationHandler.voteTogether.selector;
        selectors[8] = ValidationHandler.voteTogether.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
    }

    /// @dev What is held is the bonds of committees that sit, and nothing is made or lost.
    function invariant_bondsAreHeldOrPaid() public view {
        uint256 held = 0;
        for (uint256 i = 0; i < handler.count(); ++i) {
            IValidation.Case memory c = validation.caseOf(handler.ids(i));
            if (c.status == IValidation.Status.Voting) held += c.bond;
            if (c.status == IValidation.Status.Appealed) held += c.appealBond;
        }
        assertEq(token.balanceOf(address(validation)), held);
        (address a, address b, address c_) = handler.accounts();
        assertEq(held + token.balanceOf(a) + token.balanceOf(b) + token.balanceOf(c_), handler.supply());
    }

    /// @dev A slash is proposed once and only after INVALID, and cancelled only after it was overturned.
    function invariant_slashesFollowVerdicts() public view {
        uint256 proposed = 0;
        for (uint256 i = 0; i < handler.count(); ++i) {
            bytes32 id = handler.ids(i);
            IValidation.Case memory c = validation.caseOf(id);
            (, address operator,,, bool cancelled) = slasher.proposals(id);
            bool slashed_ = c.status >= IValidation.Status.Slashed;
            assertEq(operator != address(0), slashed_);
            if (slashed_) {
                ++proposed;
                assertTrue(handler.found(id));
            }
            assertEq(cancelled, c.cancelled);
            if (cancelled) assertEq(uint256(c.status), uint256(IValidation.Status.Overturned));
        }
        assertEq(slasher.count(), proposed);
    }
}
