// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { CorToken } from "../../src/l1/CorToken.sol";
import { Base } from "../utils/Base.t.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { ERC20Capped } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";

contract CorTokenTest is Base {
    function test_constructor_mintsTheWholeCapToTheHolder() public {
        CorToken fresh = new CorToken(stranger, SUPPLY);
        assertEq(fresh.balanceOf(stranger), SUPPLY);
        assertEq(fresh.totalSupply(), fresh.cap());
    }

    function test_constructor_ERC20InvalidCap() public {
        vm.expectRevert(abi.encodeWithSelector(ERC20Capped.ERC20InvalidCap.selector, 0));
        new CorToken(stranger, 0);
    }

    function test_clock_countsSeconds() public {
        skip(5);
        assertEq(token.clock(), block.timestamp);
        assertEq(token.CLOCK_MODE(), "mode=timestamp");
    }

    function test_votes_followDelegation() public {
        vm.prank(client);
        token.delegate(stranger);
        uint256 when = vm.getBlockTimestamp();
        skip(1);
        assertEq(token.getPastVotes(stranger, when), 100_000 ether);
    }

    function test_permit_setsTheAllowance() public {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                client,
                stranger,
                7,
                0,
                block.timestamp
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(clientKey, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
        token.permit(client, stranger, 7, block.timestamp, v, r, s);
        assertEq(token.allowance(client, stranger), 7);
        assertEq(token.nonces(client), 1);
    }

    function testFuzz_burn_takesSupplyAndVotesAndLeavesTheCap(uint96 amount) public {
        amount = uint96(bound(amount, 1, 100_000 ether));
        vm.startPrank(client);
        token.delegate(client);
        token.burn(amount);
        assertEq(token.balanceOf(client), 100_000 ether - amount);
        assertEq(token.getVotes(client), 100_000 ether - amount);
        assertEq(token.totalSupply(), SUPPLY - amount);
        assertEq(token.cap(), SUPPLY);
        uint256 when = vm.getBlockTimestamp();
        skip(1);
        assertEq(token.getPastTotalSupply(when), SUPPLY - amount);
    }

    function test_burn_ERC20InsufficientBalance() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, stranger, 0, 1));
        vm.prank(stranger);
        token.burn(1);
    }

    function test_burnFrom_spendsTheAllowance() public {
        vm.prank(client);
        token.approve(stranger, 7);
        vm.startPrank(stranger);
        token.burnFrom(client, 5);
        assertEq(token.allowance(client, stranger), 2);
        assertEq(token.totalSupply(), SUPPLY - 5);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, stranger, 2, 3));
        token.burnFrom(client, 3);
    }
}
