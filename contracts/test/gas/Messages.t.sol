// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Parameters } from "../../src/l1/Parameters.sol";
import { CheckpointAnchor } from "../../src/layers/CheckpointAnchor.sol";
import { Checkpoint } from "../../src/types/Checkpoint.sol";
import { Message } from "../../src/types/Message.sol";
import { ParameterDefaults } from "../../src/types/ParameterDefaults.sol";
import { Roles } from "../../src/types/Roles.sol";
import { MessagesBase, Receiver } from "../utils/Messages.t.sol";
import { State } from "../utils/Trie.sol";

/// @dev Between two layers. The outbox of the other one holds 64 messages; its layer has few other accounts, so that a real
///      proof is some levels longer.
contract MessagesGas is MessagesBase {
    uint256 private constant SENT = 64;

    function test_submit() public {
        Parameters real = new Parameters(governance, 1 hours, ParameterDefaults.definitions());
        anchor = new CheckpointAnchor(oracles, Roles.ORACLE, THERE, real);
        for (uint64 number = 1; number <= 2; ++number) {
            bytes memory header = State.header(number, keccak256(abi.encode(number)));
            Checkpoint memory c = checkpointOf(number, keccak256(abi.encode(number)));
            bytes[] memory signatures = signed(c, 3);
            anchor.submit(header, block.timestamp - 1, signatures);
            skip(1);
        }
        vm.snapshotGasLastCall("messages", "submit_checkpoint");
    }

    function test_send() public {
        Message memory m;
        address target = address(new Receiver());
        for (uint256 i = 0; i < SENT; ++i) {
            m = send(lower, alice, target, abi.encode(i, keccak256("data")));
        }
        vm.snapshotGasLastCall("messages", "send");
        (State.Proof memory p, uint64 number) = prepare(lower, m);
        execute(lower, m, p, number);
        vm.snapshotGasLastCall("messages", "execute");
    }
}
