// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ICheckpointAnchor } from "../../src/interfaces/ICheckpointAnchor.sol";
import { IInbox } from "../../src/interfaces/IInbox.sol";
import { IMessageReceiver } from "../../src/interfaces/IMessageReceiver.sol";
import { IOutbox } from "../../src/interfaces/IOutbox.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { Inbox } from "../../src/layers/Inbox.sol";
import { Outbox } from "../../src/layers/Outbox.sol";
import { MerklePatricia } from "../../src/libraries/MerklePatricia.sol";
import { StorageProof } from "../../src/libraries/StorageProof.sol";
import { Message } from "../../src/types/Message.sol";
import { MessagesBase, Receiver } from "../utils/Messages.t.sol";
import { State } from "../utils/Trie.sol";

contract OutboxSend is MessagesBase {
    function testFuzz_remembersTheMessageAtSlotZero(address sender, address target, bytes calldata data) public {
        vm.assume(target != address(0) && sender != address(0));
        vm.assume(data.length <= 16_384);
        Message memory m = Message(HERE, sender, THERE, target, 0, data);
        bytes32 hash = m.hashAt(address(upper.outbox));
        assertFalse(upper.outbox.sent(hash));
        vm.expectEmit(address(upper.outbox));
        emit IOutbox.MessageSent(hash, sender, THERE, target, 0, data);
        vm.prank(sender);
        assertEq(upper.outbox.send(THERE, target, data), hash);
        assertTrue(upper.outbox.sent(hash));
        assertEq(upper.outbox.SENT_SLOT(), bytes32(0));
        assertEq(uint256(vm.load(address(upper.outbox), sentSlot(hash))), 1);
        assertEq(upper.outbox.nextNonce(), 1);
    }

    function test_theSameTwiceIsTwoMessages() public {
        bytes32 a = upper.outbox.send(THERE, alice, "data");
        bytes32 b = upper.outbox.send(THERE, alice, "data");
        assertNotEq(a, b);
        assertEq(upper.outbox.nextNonce(), 2);
    }

    function test_theHashBindsEveryField() public view {
        bytes32[8] memory hashes = [
            Message(1, alice, 2, bob, 3, "data").hashAt(address(upper.outbox)),
            Message(9, alice, 2, bob, 3, "data").hashAt(address(upper.outbox)),
            Message(1, bob, 2, bob, 3, "data").hashAt(address(upper.outbox)),
            Message(1, alice, 9, bob, 3, "data").hashAt(address(upper.outbox)),
            Message(1, alice, 2, alice, 3, "data").hashAt(address(upper.outbox)),
            Message(1, alice, 2, bob, 9, "data").hashAt(address(upper.outbox)),
            Message(1, alice, 2, bob, 3, "datum").hashAt(address(upper.outbox)),
            Message(1, alice, 2, bob, 3, "data").hashAt(address(lower.outbox))
        ];
        for (uint256 i = 0; i < 8; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                assertNotEq(hashes[i], hashes[j]);
            }
        }
    }

    function test_RevertWhen_InvalidDestination() public {
        vm.expectRevert(abi.encodeWithSelector(IOutbox.InvalidDestination.selector, HERE, alice));
        upper.outbox.send(HERE, alice, "");
        vm.expectRevert(abi.encodeWithSelector(IOutbox.InvalidDestination.selector, THERE, address(0)));
        upper.outbox.send(THERE, address(0), "");
    }

    function test_RevertWhen_DataTooLong() public {
        upper.outbox.send(THERE, alice, new bytes(16_384));
        vm.expectRevert(abi.encodeWithSelector(IOutbox.DataTooLong.selector, 16_385));
        upper.outbox.send(THERE, alice, new bytes(16_385));
    }
}

abstract contract InboxBase is MessagesBase {
    Receiver internal receiver;
    Message internal message;

    function setUp() public virtual override {
        super.setUp();
        receiver = new Receiver();
        message = send(lower, alice, address(receiver), "hello");
        enter(upper);
    }

    function hash() internal view returns (bytes32) {
        return message.hashAt(address(lower.outbox));
    }

    function expectExecuteRevert(Message memory m, bytes memory reason) internal {
        State.Proof memory p = proofOf(lower, message);
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        vm.expectRevert(reason);
        upper.inbox.execute(m, number, p.account, p.storage_);
    }
}

contract InboxConstructor is InboxBase {
    function test_isFixedForGood() public view {
        assertEq(address(upper.inbox.anchor()), address(upper.anchor));
        assertEq(upper.inbox.remoteOutbox(), address(lower.outbox));
        assertEq(upper.inbox.remoteChainId(), THERE);
    }

    function test_RevertWhen_TheAnchorIsOfAnotherChain() public {
        ICheckpointAnchor a = upper.anchor;
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongSource.selector, HERE));
        new Inbox(a, address(lower.outbox), HERE);
    }
}

contract InboxExecute is InboxBase {
    function test_executesOnce() public {
        State.Proof memory p = proofOf(lower, message);
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        assertFalse(upper.inbox.executed(hash()));
        vm.expectEmit(address(upper.inbox));
        emit IInbox.MessageExecuted(hash(), alice, address(receiver), number);
        vm.prank(stranger);
        upper.inbox.execute(message, number, p.account, p.storage_);
        assertTrue(upper.inbox.executed(hash()));
        assertEq(receiver.received(), 1);
        assertEq(receiver.lastCaller(), address(upper.inbox));
        assertEq(receiver.lastSender(), alice);
        assertEq(receiver.lastData(), "hello");
        vm.expectRevert(abi.encodeWithSelector(IInbox.AlreadyExecuted.selector, hash()));
        upper.inbox.execute(message, number, p.account, p.storage_);
    }

    function testFuzz_anyMessageOfMany(uint8 count, uint8 which, bytes calldata data) public {
        count = uint8(bound(count, 1, 12));
        Message[] memory all = new Message[](count);
        for (uint256 i = 0; i < count; ++i) {
            all[i] = send(lower, bob, address(receiver), data);
        }
        deliver(lower, all[which % count]);
        assertEq(receiver.received(), 1);
        assertEq(receiver.lastData(), data);
        assertEq(receiver.lastSender(), bob);
    }

    function test_theSameProofDoesNotWorkAtALaterBlockEither() public {
        deliver(lower, message);
        expectExecuteRevert(message, abi.encodeWithSelector(IInbox.AlreadyExecuted.selector, hash()));
    }

    function test_RevertWhen_TheCheckpointIsNotFinal() public {
        State.Proof memory p = proofOf(lower, message);
        uint64 number = anchorState(lower, p.stateRoot);
        uint256 finalAt = block.timestamp + WINDOW;
        vm.warp(finalAt - 1);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.NotFinal.selector, number, finalAt));
        upper.inbox.execute(message, number, p.account, p.storage_);
        vm.warp(finalAt);
        upper.inbox.execute(message, number, p.account, p.storage_);
    }

    function test_RevertWhen_TheMessageWasNotSentAtThatBlock() public {
        State.Proof memory before = proofOf(lower, keccak256("never"));
        uint64 number = anchorState(lower, before.stateRoot);
        message = send(lower, bob, address(receiver), "later");
        enter(upper);
        skip(WINDOW);
        // The proof shows that another word is empty.
        vm.expectRevert();
        upper.inbox.execute(message, number, before.account, before.storage_);
    }

    function test_RevertWhen_NotSent() public {
        Message memory forged = message;
        forged.data = "forged";
        bytes32 forgedHash = forged.hashAt(address(lower.outbox));
        State.Proof memory p = proofOf(lower, forgedHash);
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotSent.selector, forgedHash));
        upper.inbox.execute(forged, number, p.account, p.storage_);
    }

    function test_RevertWhen_TheWordIsNotOne() public {
        vm.store(address(lower.outbox), sentSlot(hash()), bytes32(uint256(2)));
        expectExecuteRevert(message, abi.encodeWithSelector(IInbox.NotSent.selector, hash()));
    }

    /// @dev Whatever field is another, the true message's proof is none of it.
    function testFuzz_RevertWhen_AFieldIsAnother(uint8 field) public {
        Message memory forged = message;
        uint256 f = field % 4;
        if (f == 0) forged.sender = bob;
        else if (f == 1) forged.target = address(new Receiver());
        else if (f == 2) forged.nonce = 1;
        else forged.data = "hellp";
        State.Proof memory p = proofOf(lower, message);
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        try upper.inbox.execute(forged, number, p.account, p.storage_) {
            revert("a forged message was executed");
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            assertTrue(selector == MerklePatricia.InvalidProof.selector || selector == IInbox.NotSent.selector);
        }
        assertEq(receiver.received(), 0);
    }

    function test_RevertWhen_WrongSource() public {
        Message memory m = message;
        m.fromChainId = 1;
        expectExecuteRevert(m, abi.encodeWithSelector(IInbox.WrongSource.selector, 1));
    }

    function test_RevertWhen_WrongDestination() public {
        vm.chainId(THERE);
        vm.prank(alice);
        lower.outbox.send(5, address(receiver), "elsewhere");
        lower.sent.push(Message(THERE, alice, 5, address(receiver), 1, "elsewhere"));
        message = lower.sent[1];
        expectExecuteRevert(message, abi.encodeWithSelector(IInbox.WrongDestination.selector, 5));
    }

    function test_RevertWhen_AnotherOutboxSentIt() public {
        Outbox fake = new Outbox();
        vm.chainId(THERE);
        vm.prank(alice);
        fake.send(HERE, address(receiver), "hello");
        bytes32[] memory slots = new bytes32[](1);
        uint256[] memory values = new uint256[](1);
        (slots[0], values[0]) = (sentSlot(message.hashAt(address(fake))), 1);
        State.Proof memory p = State.prove(address(fake), slots, values, slots[0]);
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        vm.expectRevert();
        upper.inbox.execute(message, number, p.account, p.storage_);
    }

    function test_RevertWhen_TheOutboxIsAbsent() public {
        bytes32[] memory none = new bytes32[](0);
        address outbox = address(lower.outbox);
        // A proof that shows that there is no such account.
        State.Proof memory p = State.prove(address(~bytes20(outbox)), none, new uint256[](0), 0);
        bytes32 key = keccak256(abi.encodePacked(outbox));
        bytes32 present = keccak256(abi.encodePacked(address(~bytes20(outbox))));
        assertTrue(uint256(key) >> 252 != uint256(present) >> 252 && uint256(key) >> 252 != uint256(~present) >> 252);
        bytes[] memory accountProof = new bytes[](1);
        accountProof[0] = p.account[0];
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(StorageProof.AccountAbsent.selector, outbox));
        upper.inbox.execute(message, number, accountProof, p.storage_);
    }

    function test_RevertWhen_TheTargetIsTheInboxItself() public {
        message = send(lower, alice, address(upper.inbox), "");
        expectExecuteRevert(message, abi.encodeWithSelector(IInbox.InvalidTarget.selector, address(upper.inbox)));
    }

    function test_RevertWhen_TheTargetHasNoCode() public {
        message = send(lower, alice, bob, "");
        expectExecuteRevert(message, abi.encodeWithSelector(IInbox.InvalidTarget.selector, bob));
    }

    function test_RevertWhen_TheTargetDoesNotAnswerAsAReceiver() public {
        receiver.setAnswer(0x12345678);
        expectExecuteRevert(message, abi.encodeWithSelector(IInbox.InvalidTarget.selector, address(receiver)));
        assertFalse(upper.inbox.executed(hash()));
    }

    /// @dev Only `onMessage` is ever called: a token, an outbox or an anchor can be named, and nothing happens to it.
    function test_RevertWhen_TheTargetIsAToken() public {
        CorToken token = new CorToken(address(upper.inbox), 1 ether);
        bytes memory transfer = abi.encodeCall(token.transfer, (alice, 1 ether));
        message = send(lower, alice, address(token), transfer);
        expectExecuteRevert(message, "");
        assertEq(token.balanceOf(address(upper.inbox)), 1 ether);
    }

    function test_aRefusedMessageIsTriedAgain() public {
        State.Proof memory p = proofOf(lower, message);
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        receiver.setRefuses(true);
        vm.expectRevert(Receiver.Refused.selector);
        upper.inbox.execute(message, number, p.account, p.storage_);
        assertFalse(upper.inbox.executed(hash()));
        receiver.setRefuses(false);
        upper.inbox.execute(message, number, p.account, p.storage_);
        assertEq(receiver.received(), 1);
    }

    /// @dev Whoever gives too little gas spoils nothing: all of it is undone.
    function testFuzz_tooLittleGasSpoilsNothing(uint256 gasLimit) public {
        State.Proof memory p = proofOf(lower, message);
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        gasLimit = bound(gasLimit, 20_000, 400_000);
        try upper.inbox.execute{ gas: gasLimit }(message, number, p.account, p.storage_) {
            assertEq(receiver.received(), 1);
        } catch {
            assertEq(receiver.received(), 0);
            assertFalse(upper.inbox.executed(hash()));
            upper.inbox.execute(message, number, p.account, p.storage_);
            assertEq(receiver.received(), 1);
        }
    }
}

/// @notice Executes the same message again from within.
contract Reentrant is IMessageReceiver {
    bytes internal call;
    bytes public reason;
    uint256 public received;

    function arm(bytes calldata call_) external {
        call = call_;
    }

    function onMessage(address, bytes calldata) external returns (bytes4) {
        ++received;
        (bool ok, bytes memory result) = msg.sender.call(call);
        require(!ok, "executed twice");
        reason = result;
        return IMessageReceiver.onMessage.selector;
    }
}

contract InboxReentrancy is MessagesBase {
    function test_aMessageDoesNotExecuteWithinItself() public {
        Reentrant target = new Reentrant();
        Message memory m = send(lower, alice, address(target), "");
        State.Proof memory p = proofOf(lower, m);
        uint64 number = anchorState(lower, p.stateRoot);
        skip(WINDOW);
        target.arm(abi.encodeCall(upper.inbox.execute, (m, number, p.account, p.storage_)));
        upper.inbox.execute(m, number, p.account, p.storage_);
        assertEq(target.received(), 1);
        bytes32 hash = m.hashAt(address(lower.outbox));
        assertEq(target.reason(), abi.encodeWithSelector(IInbox.AlreadyExecuted.selector, hash));
    }
}
