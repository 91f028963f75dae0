// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { TaskReceipt } from "../utils/Base.t.sol";
import { GasBase } from "./GasBase.t.sol";
import { SettleEachTask } from "./SettleEachTask.sol";

contract SettleEachTaskGas is GasBase {
    bytes32 private constant SESSION = keccak256("session");
    SettleEachTask private each;
    address private miner;
    uint256 private minerKey;

    function setUp() public override {
        super.setUp();
        (miner, minerKey) = makeAddrAndKey("miner");
        address[] memory guards = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            guards[i] = vm.addr(committee[i]);
        }
        each = new SettleEachTask(token, guards);
        vm.startPrank(client);
        token.approve(address(each), type(uint256).max);
        each.open(SESSION, 1000 ether);
        vm.stopPrank();
    }

    function commitmentOf(address guard, bytes32 task, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(guard, task, true, keccak256("evidence"), salt));
    }

    function run(bytes32 task) private returns (uint256 total) {
        for (uint256 i = 0; i < 3; ++i) {
            address guard = vm.addr(committee[i]);
            bytes32 commitment = commitmentOf(guard, task, keccak256(abi.encode(task, i)));
            vm.prank(guard);
            each.commit(task, commitment);
            total += vm.lastCallGas().gasTotalUsed;
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(vm.addr(committee[i]));
            each.reveal(task, true, keccak256("evidence"), keccak256(abi.encode(task, i)));
            total += vm.lastCallGas().gasTotalUsed;
        }
    }

    /// @dev The second task of a session, of a miner who was paid before.
    function test_oneTask() public {
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 task = keccak256(abi.encode("task", i));
            uint256 votes = run(task);
            TaskReceipt memory r = fullReceipt(task, miner);
            bytes memory signature = sign(minerKey, each.receiptDigest(r));
            vm.prank(oracle);
            each.settle(r, signature);
            if (i == 0) continue;
            record("baseline", "settle_one_task");
            vm.snapshotValue("baseline", "commit_reveal_of_three_guards", votes);
        }
        assertGt(token.balanceOf(miner), 0);
    }
}
