// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Receipt } from "../../src/types/Receipt.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @notice What the network would do without epochs, to compare with: each task is voted on by three guards with commit and
///         reveal, then paid out of its session at once. Leaner than a real one: no committee is drawn, nothing is slashed.
contract SettleEachTask is EIP712 {
    using SafeERC20 for IERC20;

    struct Session {
        address client;
        uint96 deposit;
    }

    struct Task {
        uint8 commits;
        uint8 reveals;
        uint8 valid;
        bool settled;
    }

    uint256 public constant GUARDS = 3;
    IERC20 public immutable token;

    mapping(address guard => bool) public isGuard;
    mapping(bytes32 id => Session) public sessions;
    mapping(bytes32 id => Task) public tasks;
    mapping(bytes32 task => mapping(address guard => bytes32)) public commitments;

    event Committed(bytes32 indexed task, address indexed guard, bytes32 commitment);
    event Revealed(bytes32 indexed task, address indexed guard, bool valid, bytes32 evidence);
    event Settled(bytes32 indexed task, bytes32 indexed session, address indexed miner, uint256 amount);

    error NotGuard(address caller);
    error WrongPhase(bytes32 task);
    error WrongReveal(bytes32 task);
    error NotPayable(bytes32 task);

    constructor(IERC20 token_, address[] memory guards) EIP712("cortensord", "1") {
        token = token_;
        for (uint256 i = 0; i < guards.length; ++i) {
            isGuard[guards[i]] = true;
        }
    }

    function open(bytes32 id, uint96 deposit) external {
        sessions[id] = Session(msg.sender, deposit);
        token.safeTransferFrom(msg.sender, address(this), deposit);
    }

    function commit(bytes32 task, bytes32 commitment) external {
        if (!isGuard[msg.sender]) revert NotGuard(msg.sender);
        Task storage t = tasks[task];
        if (t.commits == GUARDS || commitments[task][msg.sender] != 0) revert WrongPhase(task);
        ++t.commits;
        commitments[task][msg.sender] = commitment;
        emit Committed(task, msg.sender, commitment);
    }

    function reveal(bytes32 task, bool valid, bytes32 evidence, bytes32 salt) external {
        Task storage t = tasks[task];
        if (t.commits != GUARDS) revert WrongPhase(task);
        bytes32 actual = keccak256(abi.encode(msg.sender, task, valid, evidence, salt));
        if (commitments[task][msg.sender] != actual) revert WrongReveal(task);
        delete commitments[task][msg.sender];
        ++t.reveals;
        if (valid) ++t.valid;
        emit Revealed(task, msg.sender, valid, evidence);
    }

    function settle(Receipt calldata receipt, bytes calldata signature) external {
        Task storage t = tasks[receipt.task];
        Session storage s = sessions[receipt.session];
        uint256 amount = receipt.bill();
        if (t.settled || t.reveals != GUARDS || t.valid < 2 || amount > s.deposit) revert NotPayable(receipt.task);
        if (StrictSignature.recover(receiptDigest(receipt), signature) != receipt.miner) {
            revert NotPayable(receipt.task);
        }
        t.settled = true;
        s.deposit -= uint96(amount); // at most `deposit`
        emit Settled(receipt.task, receipt.session, receipt.miner, amount);
        token.safeTransfer(receipt.miner, amount);
    }

    function receiptDigest(Receipt calldata receipt) public view returns (bytes32) {
        return _hashTypedDataV4(receipt.hash());
    }
}
