// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Sortition } from "../../src/libraries/Sortition.sol";
import { Receipt as MinerReceipt } from "../../src/types/Receipt.sol";
import { Assignment, Statements, Vote } from "../../src/types/Statements.sol";
import { Test } from "forge-std/Test.sol";

/// @notice The digests are those of src/crypto/eip712.ts for the same statements (`hashStatement`, chain 31337, registry 0xa1).
contract StatementsTest is Test {
    function digest(bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", Statements.domainSeparator(31337, address(0xa1)), structHash));
    }

    function hashReceipt(MinerReceipt calldata r) external pure returns (bytes32) {
        return r.hash();
    }

    function hashAssignment(Assignment calldata a) external pure returns (bytes32) {
        return a.hash();
    }

    function hashVote(Vote calldata v) external pure returns (bytes32) {
        return v.hash();
    }

    function test_Receipt() public view {
        MinerReceipt memory r;
        r.task = bytes32(uint256(1));
        r.session = bytes32(uint256(2));
        r.model = bytes32(uint256(3));
        r.miner = address(4);
        r.promptTokens = 5;
        r.completionTokens = 6;
        r.promptCommit = bytes32(uint256(7));
        r.outputRoot = bytes32(uint256(8));
        r.sampling = bytes32(uint256(9));
        r.promptPrice = 10;
        r.completionPrice = 11;
        r.startedAt = 12;
        r.endedAt = 13;
        r.numericsProfile = bytes32(uint256(14));
        assertEq(digest(this.hashReceipt(r)), 0xd651a3c500fb5fd825fd1bf5bca01c7f385b049b238dfe48f5c968a462ae5aa1);
    }

    function test_Assignment() public view {
        Assignment memory a;
        a.task = bytes32(uint256(1));
        a.session = bytes32(uint256(2));
        a.model = bytes32(uint256(3));
        a.router = address(4);
        a.miner = address(5);
        a.promptCommit = bytes32(uint256(6));
        a.promptTokens = 7;
        a.maxTokens = 8;
        a.sampling = bytes32(uint256(9));
        a.promptPrice = 10;
        a.completionPrice = 11;
        a.deadline = 12;
        assertEq(digest(this.hashAssignment(a)), 0xd650f38787906f5e3654791c17cecf19a2ba7675dd844e333c5bb9a49258b67d);
    }

    function test_Vote() public view {
        Vote memory v = Vote(bytes32(uint256(1)), 2, 3, bytes32(uint256(4)), bytes32(uint256(5)));
        assertEq(digest(this.hashVote(v)), 0x045b3f23410d13387d59c3a01bb185bb072731ec30060ed9fc1d57b417aa1f05);
    }
}

contract SortitionTest is Test {
    function test_nobodySitsWithoutWeight() public pure {
        assertFalse(Sortition.sits("random", "subject", address(1), 0, 0, 5));
        assertFalse(Sortition.sits("random", "subject", address(1), 0, 100, 5));
    }

    function testFuzz_whoHoldsASeatsWeightAlwaysSits(bytes32 random, address operator, uint96 weight, uint8 size)
        public
        pure
    {
        vm.assume(weight != 0 && size != 0);
        assertTrue(Sortition.sits(random, "subject", operator, weight, uint256(weight) * size, size));
    }

    /// @dev A share of the weight draws that share of the seats, split or not.
    function test_sharesAreFair() public pure {
        uint256 whole = 0;
        uint256 split = 0;
        for (uint256 i = 0; i < 4000; ++i) {
            bytes32 random = keccak256(abi.encode(i));
            if (Sortition.sits(random, "s", address(1), 10, 100, 2)) ++whole;
            for (uint160 k = 2; k < 12; ++k) {
                if (Sortition.sits(random, "s", address(k), 1, 100, 2)) ++split;
            }
        }
        // 20 % of 4,000, with a deviation of 25 and 28
        assertApproxEqAbs(whole, 800, 110);
        assertApproxEqAbs(split, 800, 110);
    }

    function testFuzz_theDrawIsTheUpperHalfOfTheHash(bytes32 random, address operator, uint96 weight, uint96 total)
        public
        pure
    {
        weight = uint96(bound(weight, 1, type(uint96).max));
        total = uint96(bound(total, weight, type(uint96).max));
        uint256 draw = uint256(keccak256(abi.encode(random, bytes32("s"), operator))) >> 128;
        bool sits = draw * total < uint256(weight) * 3 * 2 ** 128;
        assertEq(Sortition.sits(random, "s", operator, weight, total, 3), sits);
    }

    function testFuzz_aSeatStandsForItsShare(uint96 weight, uint96 total, uint8 size) public pure {
        vm.assume(size != 0);
        uint256 seat = Sortition.seatWeight(weight, total, size);
        assertEq(seat, weight > total / size ? weight : total / size);
    }
}
