// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBridgeVault } from "../../src/interfaces/IBridgeVault.sol";
import { IBridgedCor } from "../../src/interfaces/IBridgedCor.sol";
import { IInbox } from "../../src/interfaces/IInbox.sol";
import { IMessageReceiver } from "../../src/interfaces/IMessageReceiver.sol";
import { IOutbox } from "../../src/interfaces/IOutbox.sol";
import { BridgeVault } from "../../src/layers/BridgeVault.sol";
import { BridgedCor } from "../../src/layers/BridgedCor.sol";
import { Message } from "../../src/types/Message.sol";
import { BridgeBase } from "../utils/Bridge.t.sol";
import { State } from "../utils/Trie.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract BridgeVaultConstructor is BridgeBase {
    function test_isFixedForGood() public view {
        assertEq(address(vault.token()), address(token));
        assertEq(address(vault.outbox()), address(upper.outbox));
        assertEq(address(vault.inbox()), address(upper.inbox));
        assertEq(vault.remoteSender(), address(bridged));
        assertEq(vault.remoteChainId(), THERE);
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new BridgeVault(IERC20(address(0)), upper.outbox, upper.inbox, address(bridged));
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new BridgeVault(token, IOutbox(address(0)), upper.inbox, address(bridged));
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new BridgeVault(token, upper.outbox, IInbox(address(0)), address(bridged));
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new BridgeVault(token, upper.outbox, upper.inbox, address(0));
    }
}

contract BridgeVaultDeposit is BridgeBase {
    function testFuzz_locksAndMintsBelow(uint256 amount) public {
        amount = bound(amount, 1, 1000 ether);
        enter(upper);
        bytes32 expected = Message(HERE, address(vault), THERE, address(bridged), 0, abi.encode(bob, amount))
            .hashAt(address(upper.outbox));
        vm.expectEmit(address(vault));
        emit IBridgeVault.Deposited(alice, bob, amount, expected);
        Message memory m = deposit(alice, bob, amount);
        assertEq(vault.locked(), amount);
        assertEq(token.balanceOf(address(vault)), amount);
        assertEq(token.balanceOf(alice), 1000 ether - amount);
        assertEq(bridged.totalSupply(), 0);
        (State.Proof memory p, uint64 number) = prepare(upper, m);
        vm.expectEmit(address(bridged));
        emit IBridgedCor.Minted(bob, amount);
        execute(upper, m, p, number);
        assertEq(bridged.balanceOf(bob), amount);
        assertEq(bridged.totalSupply(), vault.locked());
    }

    function test_RevertWhen_ZeroAmount() public {
        vm.expectRevert(IBridgeVault.ZeroAmount.selector);
        vault.deposit(bob, 0);
    }

    function test_RevertWhen_NobodyCouldUseIt() public {
        vm.expectRevert(abi.encodeWithSelector(IBridgeVault.InvalidRecipient.selector, address(0)));
        vault.deposit(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IBridgeVault.InvalidRecipient.selector, address(bridged)));
        vault.deposit(address(bridged), 1);
    }

    function test_RevertWhen_TheCallerCannotPay() public {
        enter(upper);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 1000 ether, 1000 ether + 1)
        );
        vm.prank(alice);
        vault.deposit(bob, 1000 ether + 1);
        assertEq(upper.outbox.nextNonce(), 0);
        assertEq(vault.locked(), 0);
    }
}

contract BridgeVaultOnMessage is BridgeBase {
    function testFuzz_releasesWhatWasWithdrawn(uint256 amount, uint256 back) public {
        amount = bound(amount, 1, 1000 ether);
        back = bound(back, 1, amount);
        deliver(upper, deposit(alice, bob, amount));
        Message memory m = withdraw(bob, stranger, back);
        assertEq(bridged.totalSupply(), amount - back);
        assertEq(vault.locked(), amount);
        (State.Proof memory p, uint64 number) = prepare(lower, m);
        vm.expectEmit(address(vault));
        emit IBridgeVault.Released(stranger, back);
        execute(lower, m, p, number);
        assertEq(token.balanceOf(stranger), back);
        assertEq(vault.locked(), amount - back);
        assertEq(token.balanceOf(address(vault)), amount - back);
        assertEq(bridged.totalSupply(), vault.locked());
    }

    function test_burnsWhatWasBurnedBelow() public {
        deliver(upper, deposit(alice, bob, 10 ether));
        enter(lower);
        vm.prank(bob);
        bridged.burn(4 ether);
        Message memory m = note(lower, address(bridged), address(vault), abi.encode(address(0), 4 ether));
        uint256 supply = token.totalSupply();
        (State.Proof memory p, uint64 number) = prepare(lower, m);
        vm.expectEmit(address(vault));
        emit IBridgeVault.Burned(4 ether);
        execute(lower, m, p, number);
        assertEq(token.totalSupply(), supply - 4 ether);
        assertEq(vault.locked(), 6 ether);
        assertEq(token.balanceOf(address(vault)), 6 ether);
        assertEq(bridged.totalSupply(), 6 ether);
    }

    function test_RevertWhen_NotInbox() public {
        vm.expectRevert(abi.encodeWithSelector(IMessageReceiver.NotInbox.selector, stranger));
        vm.prank(stranger);
        vault.onMessage(address(bridged), abi.encode(stranger, 1));
    }

    function test_RevertWhen_NotRemoteSender() public {
        deliver(upper, deposit(alice, bob, 10 ether));
        Message memory m = send(lower, stranger, address(vault), abi.encode(stranger, 10 ether));
        expectDeliverRevert(lower, m, abi.encodeWithSelector(IMessageReceiver.NotRemoteSender.selector, stranger));
    }

    /// @dev Should the lower layer's oracles lie together: not more comes out than went in.
    function test_RevertWhen_MoreThanIsLocked() public {
        deliver(upper, deposit(alice, bob, 10 ether));
        // What somebody sent to the vault without a deposit is nobody's to withdraw.
        vm.prank(alice);
        token.transfer(address(vault), 5 ether);
        Message memory m = send(lower, address(bridged), address(vault), abi.encode(stranger, 10 ether + 1));
        expectDeliverRevert(lower, m, abi.encodeWithSignature("Panic(uint256)", 0x11));
        deliver(lower, send(lower, address(bridged), address(vault), abi.encode(stranger, 10 ether)));
        assertEq(vault.locked(), 0);
    }
}

contract BridgedCorConstructor is BridgeBase {
    function test_isFixedForGood() public view {
        assertEq(bridged.name(), "Cortensord");
        assertEq(bridged.symbol(), "COR");
        assertEq(bridged.decimals(), 18);
        assertEq(bridged.totalSupply(), 0);
        assertEq(address(bridged.outbox()), address(lower.outbox));
        assertEq(address(bridged.inbox()), address(lower.inbox));
        assertEq(bridged.remoteSender(), address(vault));
        assertEq(bridged.remoteChainId(), HERE);
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new BridgedCor(IOutbox(address(0)), lower.inbox, address(vault));
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new BridgedCor(lower.outbox, IInbox(address(0)), address(vault));
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new BridgedCor(lower.outbox, lower.inbox, address(0));
    }
}

contract BridgedCorWithdraw is BridgeBase {
    function setUp() public override {
        super.setUp();
        deliver(upper, deposit(alice, bob, 10 ether));
        enter(lower);
    }

    function test_burnsAndSends() public {
        bytes32 expected = Message(THERE, address(bridged), HERE, address(vault), 0, abi.encode(stranger, 4 ether))
            .hashAt(address(lower.outbox));
        vm.expectEmit(address(bridged));
        emit IBridgedCor.Withdrawn(bob, stranger, 4 ether, expected);
        vm.prank(bob);
        assertEq(bridged.withdraw(stranger, 4 ether), expected);
        assertTrue(lower.outbox.sent(expected));
        assertEq(bridged.balanceOf(bob), 6 ether);
    }

    function test_RevertWhen_ZeroAmount() public {
        vm.expectRevert(IBridgedCor.ZeroAmount.selector);
        bridged.withdraw(bob, 0);
    }

    function test_RevertWhen_NobodyCouldUseIt() public {
        vm.expectRevert(abi.encodeWithSelector(IBridgedCor.InvalidRecipient.selector, address(0)));
        bridged.withdraw(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IBridgedCor.InvalidRecipient.selector, address(vault)));
        bridged.withdraw(address(vault), 1);
    }

    function test_RevertWhen_TheCallerHasLess() public {
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, bob, 10 ether, 10 ether + 1)
        );
        vm.prank(bob);
        bridged.withdraw(stranger, 10 ether + 1);
    }
}

contract BridgedCorBurn is BridgeBase {
    function test_burnsAndSends() public {
        deliver(upper, deposit(alice, bob, 10 ether));
        enter(lower);
        bytes32 expected = Message(THERE, address(bridged), HERE, address(vault), 0, abi.encode(address(0), 4 ether))
            .hashAt(address(lower.outbox));
        vm.expectEmit(address(bridged));
        emit IBridgedCor.Burned(bob, 4 ether, expected);
        vm.prank(bob);
        bridged.burn(4 ether);
        assertEq(bridged.totalSupply(), 6 ether);
        assertTrue(lower.outbox.sent(expected));
    }

    function test_RevertWhen_ZeroAmount() public {
        vm.expectRevert(IBridgedCor.ZeroAmount.selector);
        bridged.burn(0);
    }
}

contract BridgedCorOnMessage is BridgeBase {
    function test_RevertWhen_NotInbox() public {
        vm.expectRevert(abi.encodeWithSelector(IMessageReceiver.NotInbox.selector, stranger));
        vm.prank(stranger);
        bridged.onMessage(address(vault), abi.encode(stranger, 1));
    }

    function test_RevertWhen_NotRemoteSender() public {
        Message memory m = send(upper, stranger, address(bridged), abi.encode(stranger, 10 ether));
        expectDeliverRevert(upper, m, abi.encodeWithSelector(IMessageReceiver.NotRemoteSender.selector, stranger));
        assertEq(bridged.totalSupply(), 0);
    }
}

contract BridgedCorPermit is BridgeBase {
    function test_setsTheAllowance() public {
        (address holder, uint256 key) = makeAddrAndKey("holder");
        enter(lower);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                holder,
                stranger,
                7,
                0,
                block.timestamp
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked(hex"1901", bridged.DOMAIN_SEPARATOR(), structHash)));
        bridged.permit(holder, stranger, 7, block.timestamp, v, r, s);
        assertEq(bridged.allowance(holder, stranger), 7);
    }
}
