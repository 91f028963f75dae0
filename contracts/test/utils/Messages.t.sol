// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IMessageReceiver } from "../../src/interfaces/IMessageReceiver.sol";
import { CheckpointAnchor } from "../../src/layers/CheckpointAnchor.sol";
import { Inbox } from "../../src/layers/Inbox.sol";
import { Outbox } from "../../src/layers/Outbox.sol";
import { StorageProof } from "../../src/libraries/StorageProof.sol";
import { Checkpoint } from "../../src/types/Checkpoint.sol";
import { Message } from "../../src/types/Message.sol";
import { Roles } from "../../src/types/Roles.sol";
import { LayersBase } from "./Layers.t.sol";
import { State } from "./Trie.sol";

/// @notice Remembers what it got, or refuses.
contract Receiver is IMessageReceiver {
    address public lastCaller;
    address public lastSender;
    bytes public lastData;
    uint256 public received;
    bool public refuses;
    bytes4 public answer = IMessageReceiver.onMessage.selector;

    error Refused();

    function setRefuses(bool value) external {
        refuses = value;
    }

    function setAnswer(bytes4 value) external {
        answer = value;
    }

    function onMessage(address sender, bytes calldata data) external returns (bytes4) {
        if (refuses) revert Refused();
        (lastCaller, lastSender, lastData) = (msg.sender, sender, data);
        ++received;
        return answer;
    }
}

/// @notice Two layers in one EVM, an outbox and an inbox on each; `vm.chainId` says where a call is made.
abstract contract MessagesBase is LayersBase {
    /// @param anchor  of the other layer
    /// @param sent    every message that went out of `outbox`
    /// @param anchored block of this layer that the other one anchored last
    struct Layer {
        uint256 chainId;
        CheckpointAnchor anchor;
        Outbox outbox;
        Inbox inbox;
        Message[] sent;
        uint64 anchored;
    }

    Layer internal upper;
    Layer internal lower;

    function setUp() public virtual override {
        super.setUp();
        (upper.chainId, lower.chainId) = (HERE, THERE);
        upper.anchor = anchor;
        upper.outbox = new Outbox();
        vm.chainId(THERE);
        lower.anchor = new CheckpointAnchor(oracles, Roles.ORACLE, HERE, parameters);
        lower.outbox = new Outbox();
        lower.inbox = new Inbox(lower.anchor, address(upper.outbox), HERE);
        vm.chainId(HERE);
        upper.inbox = new Inbox(upper.anchor, address(lower.outbox), THERE);
    }

    function enter(Layer storage layer) internal {
        vm.chainId(layer.chainId);
    }

    function other(Layer storage layer) internal view returns (Layer storage) {
        return layer.chainId == HERE ? lower : upper;
    }

    /// @dev Sends from a layer and keeps the message for its proof.
    function send(Layer storage from, address sender, address target, bytes memory data)
        internal
        returns (Message memory m)
    {
        enter(from);
        m = Message(from.chainId, sender, other(from).chainId, target, from.outbox.nextNonce(), data);
        vm.prank(sender);
        from.outbox.send(m.toChainId, target, data);
        from.sent.push(m);
    }

    /// @dev Keeps a message that a contract sent.
    function note(Layer storage from, address sender, address target, bytes memory data)
        internal
        returns (Message memory m)
    {
        m = Message(from.chainId, sender, other(from).chainId, target, from.outbox.nextNonce() - 1, data);
        assertTrue(from.outbox.sent(m.hashAt(address(from.outbox))));
        from.sent.push(m);
    }

    function sentSlot(bytes32 hash) internal pure returns (bytes32) {
        return keccak256(abi.encode(hash, uint256(0)));
    }

    /// @dev The outbox's storage as it is now, and the proof of one message's word.
    function proofOf(Layer storage from, bytes32 hash) internal view returns (State.Proof memory) {
        uint256 count = from.sent.length;
        bytes32[] memory slots = new bytes32[](count + 1);
        uint256[] memory values = new uint256[](count + 1);
        slots[count] = bytes32(uint256(1));
        for (uint256 i = 0; i < count; ++i) {
            slots[i] = sentSlot(from.sent[i].hashAt(address(from.outbox)));
        }
        for (uint256 i = 0; i <= count; ++i) {
            values[i] = uint256(vm.load(address(from.outbox), slots[i]));
        }
        return State.prove(address(from.outbox), slots, values, sentSlot(hash));
    }

    function proofOf(Layer storage from, Message memory m) internal view returns (State.Proof memory) {
        return proofOf(from, m.hashAt(address(from.outbox)));
    }

    /// @dev The other layer's oracles anchor this state root of `from`.
    function anchorState(Layer storage from, bytes32 stateRoot) internal returns (uint64 number) {
        Layer storage to = other(from);
        enter(to);
        number = ++from.anchored;
        bytes memory header = State.header(number, stateRoot);
        Checkpoint memory c = Checkpoint(number, keccak256(header), stateRoot);
        bytes[] memory signatures = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            signatures[i] = sign(keys[i], to.anchor.checkpointDigest(c));
        }
        to.anchor.submit(header, block.timestamp - 1, signatures);
    }

    /// @dev Anchors the sender's layer as it is and waits the window.
    function prepare(Layer storage from, Message memory m) internal returns (State.Proof memory p, uint64 number) {
        p = proofOf(from, m);
        number = anchorState(from, p.stateRoot);
        skip(WINDOW);
    }

    function execute(Layer storage from, Message memory m, State.Proof memory p, uint64 number) internal {
        Layer storage to = other(from);
        enter(to);
        to.inbox.execute(m, number, p.account, p.storage_);
    }

    function deliver(Layer storage from, Message memory m) internal {
        (State.Proof memory p, uint64 number) = prepare(from, m);
        execute(from, m, p, number);
    }
}
