// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISessionManager } from "../interfaces/ISessionManager.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { Voucher, VoucherDebit } from "../types/Voucher.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title SessionManager
/// @notice See {ISessionManager}.
contract SessionManager is ISessionManager, EIP712 {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    IERC20 public immutable token;
    /// @inheritdoc ISessionManager
    uint256 public immutable thawSeconds;

    mapping(bytes32 id => Session) private _sessions;
    /// @inheritdoc ISessionManager
    mapping(bytes32 id => mapping(address payee => uint256)) public debitedBy;
    /// @inheritdoc ISessionManager
    mapping(address client => uint256) public sessionCount;

    constructor(IERC20 token_, uint256 thawSeconds_) EIP712("cortensord", "1") {
        token = token_;
        thawSeconds = thawSeconds_;
    }

    /// @inheritdoc ISessionManager
    function open(OpenTerms calldata terms) public returns (bytes32 id) {
        _checkTerms(terms);
        // The terms are part of the id: a voucher signed before a reorg never fits a session with other terms.
        id = keccak256(
            abi.encode(
                block.chainid, address(this), msg.sender, sessionCount[msg.sender]++, keccak256(abi.encode(terms))
            )
        );
        _sessions[id] = Session({
            client: msg.sender,
            expiry: uint256(terms.expiry).toUint48(),
            closesAt: 0,
            spender: terms.spender,
            mode: terms.mode,
            privacy: terms.privacy,
            nodesMin: terms.nodesMin,
            nodesMax: terms.nodesMax,
            redundancy: terms.redundancy,
            validators: terms.validators,
            tier: terms.tier,
            closed: false,
            deposit: terms.deposit.toUint128(),
            debited: 0,
            allowance: terms.allowance.toUint128(),
            spenderDebited: 0,
            promptPriceMax: terms.promptPriceMax.toUint128(),
            completionPriceMax: terms.completionPriceMax.toUint128(),
            model: terms.model,
            name: terms.name,
            metadata: terms.metadata
        });
        emit SessionOpened(id, msg.sender, terms.model, terms.spender, terms.deposit);
        token.safeTransferFrom(msg.sender, address(this), terms.deposit);
    }

    /// @inheritdoc ISessionManager
    function openWithPermit(OpenTerms calldata terms, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        returns (bytes32)
    {
        // Anyone can send a permit that stands in a mempool; then the allowance is there and this call fails harmlessly.
        try IERC20Permit(address(token)).permit(msg.sender, address(this), terms.deposit, deadline, v, r, s) { }
            catch { }
        return open(terms);
    }

    /// @inheritdoc ISessionManager
    function topUp(bytes32 id, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        Session storage s = _known(id);
        if (s.closed || s.closesAt != 0 || block.timestamp >= s.expiry) revert NotOpen(id);
        s.deposit += amount.toUint128();
        emit SessionToppedUp(id, msg.sender, amount, s.deposit);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc ISessionManager
    function raiseAllowance(bytes32 id, uint256 allowance) external {
        Session storage s = _ofClient(id);
        if (allowance <= s.allowance) revert AllowanceNotRaised(s.allowance, allowance);
        s.allowance = allowance.toUint128();
        emit AllowanceRaised(id, allowance);
    }

    /// @inheritdoc ISessionManager
    function requestClose(bytes32 id) external {
        Session storage s = _ofClient(id);
        if (s.closesAt != 0) revert CloseAlreadyRequested(id, s.closesAt);
        s.closesAt = (block.timestamp + thawSeconds).toUint48();
        emit CloseRequested(id, s.closesAt);
    }

    /// @inheritdoc ISessionManager
    function withdraw(bytes32 id) external returns (uint256 refund) {
        Session storage s = _ofClient(id);
        uint256 withdrawableAt = s.expiry + thawSeconds;
        if (s.closesAt != 0 && s.closesAt < withdrawableAt) withdrawableAt = s.closesAt;
        if (block.timestamp < withdrawableAt) revert StillThawing(withdrawableAt);
        s.closed = true;
        refund = s.deposit - s.debited;
        emit SessionClosed(id, s.client, refund);
        token.safeTransfer(s.client, refund);
    }

    /// @inheritdoc ISessionManager
    function redeem(VoucherDebit[] calldata debits) external returns (uint256 amount) {
        for (uint256 i = 0; i < debits.length; ++i) {
            amount += _debit(debits[i]);
        }
        if (amount == 0) revert ZeroAmount();
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc ISessionManager
    function session(bytes32 id) external view returns (Session memory) {
        return _sessions[id];
    }

    /// @notice EIP-712 digest that a voucher's signer signs.
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32) {
        return _hashTypedDataV4(voucher.hash());
    }

    /// @dev Books one debit. Per (session, payee) the cumulative sum only grows, so nothing is ever paid twice; per session
    ///      the sum over payees stays within the deposit, and what the spender signed within its allowance.
    function _debit(VoucherDebit calldata d) private returns (uint256 amount) {
        bytes32 id = d.voucher.session;
        address payee = d.voucher.payee;
        if (msg.sender != payee) revert NotPayee(msg.sender, payee);
        Session storage s = _known(id);
        if (s.closed) revert AlreadyClosed(id);
        if (d.cumulativeDebit > d.voucher.cumulativeAmount) {
            revert DebitAboveVoucher(id, d.cumulativeDebit, d.voucher.cumulativeAmount);
        }
        uint256 before = debitedBy[id][payee];
        if (d.cumulativeDebit <= before) revert AlreadyDebited(id, d.cumulativeDebit, before);
        amount = d.cumulativeDebit - before;
        if (amount > s.deposit - s.debited) revert InsufficientDeposit(id, amount, s.deposit - s.debited);

        address signer = StrictSignature.recover(_hashTypedDataV4(d.voucher.hash()), d.signature);
        if (signer != s.client) {
            if (signer != s.spender) revert WrongSigner(id, signer);
            if (amount > s.allowance - s.spenderDebited) {
                revert AllowanceExceeded(id, amount, s.allowance - s.spenderDebited);
            }
            s.spenderDebited += uint128(amount); // at most `allowance`
        }
        s.debited += uint128(amount); // at most `deposit`
        debitedBy[id][payee] = d.cumulativeDebit;
        emit VoucherRedeemed(id, payee, signer, amount, s.debited);
    }

    function _known(bytes32 id) private view returns (Session storage s) {
        s = _sessions[id];
        if (s.client == address(0)) revert UnknownSession(id);
    }

    function _ofClient(bytes32 id) private view returns (Session storage s) {
        s = _known(id);
        if (msg.sender != s.client) revert NotClient(msg.sender);
        if (s.closed) revert AlreadyClosed(id);
    }

    function _checkTerms(OpenTerms calldata terms) private view {
        if (terms.deposit == 0) revert InvalidTerms("deposit");
        if (terms.expiry <= block.timestamp) revert InvalidTerms("expiry");
        if (terms.model == 0) revert InvalidTerms("model");
        if (terms.nodesMin == 0 || terms.nodesMin > terms.nodesMax) revert InvalidTerms("nodesMin");
        if (terms.redundancy == 0 || terms.redundancy > terms.nodesMax) revert InvalidTerms("redundancy");
        if (terms.spender == address(0) && terms.allowance != 0) revert InvalidTerms("allowance");
    }
}
