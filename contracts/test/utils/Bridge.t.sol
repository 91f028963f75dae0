// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BridgeVault } from "../../src/layers/BridgeVault.sol";
import { BridgedCor } from "../../src/layers/BridgedCor.sol";
import { Message } from "../../src/types/Message.sol";
import { MessagesBase } from "./Messages.t.sol";
import { State } from "./Trie.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

contract BurnableCor is ERC20("Cortensord", "COR"), ERC20Burnable {
    constructor(address holder, uint256 supply) {
        _mint(holder, supply);
    }
}

/// @notice Both ends of the bridge; alice has 1000 COR on the upper layer.
abstract contract BridgeBase is MessagesBase {
    BurnableCor internal token;
    BridgeVault internal vault;
    BridgedCor internal bridged;

    function setUp() public virtual override {
        super.setUp();
        token = new BurnableCor(alice, 1000 ether);
        address bridgedAt = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        vault = new BridgeVault(token, upper.outbox, upper.inbox, bridgedAt);
        enter(lower);
        bridged = new BridgedCor(lower.outbox, lower.inbox, address(vault));
        enter(upper);
        vm.prank(alice);
        token.approve(address(vault), type(uint256).max);
    }

    function deposit(address from, address to, uint256 amount) internal returns (Message memory) {
        enter(upper);
        vm.prank(from);
        bytes32 hash = vault.deposit(to, amount);
        Message memory m = note(upper, address(vault), address(bridged), abi.encode(to, amount));
        assertEq(m.hashAt(address(upper.outbox)), hash);
        return m;
    }

    function withdraw(address from, address to, uint256 amount) internal returns (Message memory) {
        enter(lower);
        vm.prank(from);
        bytes32 hash = bridged.withdraw(to, amount);
        Message memory m = note(lower, address(bridged), address(vault), abi.encode(to, amount));
        assertEq(m.hashAt(address(lower.outbox)), hash);
        return m;
    }

    function expectDeliverRevert(Layer storage from, Message memory m, bytes memory reason) internal {
        (State.Proof memory p, uint64 number) = prepare(from, m);
        vm.expectRevert(reason);
        other(from).inbox.execute(m, number, p.account, p.storage_);
    }
}
