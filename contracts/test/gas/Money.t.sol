// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISessionManager } from "../../src/interfaces/ISessionManager.sol";
import { Rewards } from "../../src/l2/Rewards.sol";
import { SumTree } from "../../src/libraries/SumTree.sol";
import { EpochRoot } from "../../src/types/Attestation.sol";
import { RewardRoot } from "../../src/types/RewardRoot.sol";
import { VoucherDebit } from "../../src/types/Voucher.sol";
import { Tree, Trees } from "../utils/Trees.sol";
import { GasBase } from "./GasBase.t.sol";

contract SessionsGas is GasBase {
    uint256 private constant BATCH = 50;

    /// @dev By a client who opens its first session, every field set.
    function test_open() public {
        open(1 ether);
        ISessionManager.OpenTerms memory terms = termsOf(10 ether);
        terms.mode = ISessionManager.Mode.Dedicated;
        terms.privacy = ISessionManager.Privacy.Encrypted;
        terms.tier = 3;
        terms.metadata = keccak256("metadata");
        terms.name = keccak256("name");
        terms.model = keccak256("model");
        terms.salt = keccak256("salt");
        vm.prank(holder);
        token.transfer(stranger, 11 ether);
        vm.startPrank(stranger);
        token.approve(address(sessions), 10 ether);
        sessions.open(terms);
        record("sessions", "open");
    }

    /// @dev Vouchers that the spender signed, all to one payee.
    function test_redeem() public {
        VoucherDebit[] memory debits = new VoucherDebit[](BATCH);
        address payee = makeAddr("payee");
        for (uint256 i = 0; i < BATCH; ++i) {
            debits[i] = debitOf(spenderKey, open(1000 ether), payee, 300 ether + i, 100 ether + i);
        }
        redeem(debits, payee, "first_time");
        for (uint256 i = 0; i < BATCH; ++i) {
            debits[i].cumulativeDebit += 123_456_789_012_345_678_901;
        }
        redeem(debits, payee, "again");
    }

    function redeem(VoucherDebit[] memory debits, address payee, string memory which) private {
        vm.prank(payee);
        sessions.redeem(debits);
        record("sessions", string.concat("redeem_50_", which));
        vm.snapshotValue(
            "sessions",
            string.concat("redeem_50_", which, "_calldata"),
            intrinsicGas(abi.encodeCall(sessions.redeem, (debits))) - 21_000
        );
    }
}

/// @dev Hourly epochs of 1,000 accounts that have been running for longer than a challenge takes.
contract SettlementGas is GasBase {
    using Trees for Tree;

    uint256 private constant ACCOUNTS = 1000;
    uint256 private constant VOUCHERS = 512;
    uint32 private constant TASKS = 10_000;
    /// @dev What each account earns in an epoch.
    uint128 private constant EARNED = 123_456_789_012_345_678;
    /// @dev The next epoch is the one of four that needs a new word for its number.
    uint256 private constant BEFORE = 11;

    Rewards private rewards;
    bytes32[] private ids;
    uint128 private epochsPaid;

    function setUp() public override {
        super.setUp();
        rewards = new Rewards(token, registry, parameters);
        vm.startPrank(holder);
        token.transfer(address(rewards), 10_000 ether);
        token.transfer(client, 400_000 ether);
        vm.stopPrank();
        for (uint256 i = 0; i < VOUCHERS; ++i) {
            ids.push(open(900 ether));
        }
        for (uint256 i = 0; i < BEFORE; ++i) {
            skip(1 hours);
            settle(new VoucherDebit[](0), i == 0);
        }
        skip(1 hours);
    }

    function accountOf(uint256 i) private pure returns (address) {
        return address(uint160(0x1234567890Abcdef1234567890aBcdeF00001111) + uint160(i << 4));
    }

    function payouts(uint128 epochs_) private pure returns (Tree memory t) {
        t = Tree(new bytes32[](ACCOUNTS), new uint128[](ACCOUNTS));
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            t.values[i] = EARNED * epochs_;
            t.leaves[i] = SumTree.payoutLeaf(accountOf(i), t.values[i]);
        }
    }

    function debitsOf(uint256 each) private view returns (VoucherDebit[] memory debits) {
        debits = new VoucherDebit[](VOUCHERS);
        for (uint256 i = 0; i < VOUCHERS; ++i) {
            debits[i] = debitOf(spenderKey, ids[i], address(settlement), 400 ether + i, each + i);
        }
    }

    /// @dev The epoch of the current hour. The first brings in enough for all.
    function settle(VoucherDebit[] memory debits, bool first) private returns (uint64 epoch) {
        if (first) debits = debitsOf(100 ether);
        epoch = parameters.currentEpoch();
        Tree memory t = payouts(++epochsPaid);
        uint128 paid = uint128(ACCOUNTS) * EARNED;
        EpochRoot memory e =
            EpochRoot(epoch, t.root(), latestRoot(), t.total(), t.count(), keccak256("tasks"), paid, TASKS);
        bytes[] memory signatures = quorum(settlement.attestationDigest(e, settlement.hashDebits(debits)));
        vm.prank(oracle);
        settlement.settle(e, debits, block.timestamp - 1, signatures);
        if (first) record("settlement", "settle_512_vouchers_first_time");
    }

    function test_settle() public {
        settle(debitsOf(200_123_456_789_012_345_678), false);
        record("settlement", "settle_512_vouchers_again");
    }

    function test_attestation() public {
        settle(new VoucherDebit[](0), false);
        record("settlement", "settle_no_vouchers");
    }

    function claim(uint64 epoch, uint128 epochs_, uint32 i) private returns (uint256 intrinsic) {
        Tree memory t = payouts(epochs_);
        bytes memory proof = t.proof(i);
        address account = accountOf(i);
        uint128 value = t.values[i];
        vm.prank(stranger);
        settlement.claim(epoch, account, value, i, proof);
        intrinsic = intrinsicGas(abi.encodeCall(settlement.claim, (epoch, account, value, i, proof)));
    }

    function test_claim() public {
        uint64 first = parameters.currentEpoch() - uint64(BEFORE);
        uint64 newest = first + uint64(BEFORE) - 6;
        claim(first, 1, 700);
        claim(newest, uint128(BEFORE) - 5, 699);
        record("settlement", "claim_first_time");
        uint256 intrinsic = claim(newest, uint128(BEFORE) - 5, 700);
        record("settlement", "claim_again");
        vm.snapshotValue("settlement", "claim_calldata", intrinsic - 21_000);
    }

    function test_rewards() public {
        RewardRoot memory r;
        Tree memory t = payouts(1);
        for (uint256 i = 0; i < 2; ++i) {
            r = RewardRoot(parameters.currentEpoch(), t.root(), r.root, t.total(), t.count());
            bytes[] memory signatures = quorum(rewards.rewardDigest(r));
            vm.prank(oracle);
            rewards.post(r, block.timestamp - 1, signatures);
            skip(1 hours);
        }
        record("settlement", "rewards_post");
    }
}
