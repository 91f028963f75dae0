// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../interfaces/IAdmission.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { ISessionManager } from "../interfaces/ISessionManager.sol";
import { SessionLedger } from "../libraries/SessionLedger.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { Parameter } from "../types/Parameter.sol";
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
    IParameters public immutable parameters;
    /// @inheritdoc ISessionManager
    IAdmission public immutable admission;

    mapping(bytes32 id => Session) private _sessions;
    /// @inheritdoc ISessionManager
    mapping(bytes32 id => mapping(address payee => uint256)) public debitedBy;

    constructor(IERC20 token_, IParameters parameters_, IAdmission admission_) EIP712("cortensord", "1") {
        token = token_;
        parameters = parameters_;
        admission = admission_;
    }

    /// @inheritdoc ISessionManager
    function open(OpenTerms calldata terms) public returns (bytes32 id) {
        _checkTerms(terms);
        if (address(admission) != address(0)) admission.requireSession(msg.sender, terms.model);
        id = idOf(msg.sender, terms);
        if (_sessions[id].client != address(0)) revert AlreadyOpened(id);
        uint256 thawSeconds = parameters.get(Parameter.ThawSeconds);
        _sessions[id] = Session({
            client: msg.sender,
            deposit: terms.deposit.toUint96(),
            spender: terms.spender,
            allowance: terms.allowance.toUint96(),
            debited: 0,
            spenderDebited: 0,
            endsAt: uint256(terms.expiry).toUint32(),
            thawSeconds: thawSeconds.toUint24(),
            state: State.Open
        });
        emit SessionOpened(id, msg.sender, terms);
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
        if (s.state != State.Open || block.timestamp >= s.endsAt) revert NotOpen(id);
        s.deposit += amount.toUint96();
        emit SessionToppedUp(id, msg.sender, amount, s.deposit);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc ISessionManager
    function raiseAllowance(bytes32 id, uint256 allowance) external {
        Session storage s = _ofClient(id);
        if (allowance <= s.allowance) revert AllowanceNotRaised(s.allowance, allowance);
        s.allowance = allowance.toUint96();
        emit AllowanceRaised(id, allowance);
    }

    /// @inheritdoc ISessionManager
    function requestClose(bytes32 id) external {
        Session storage s = _ofClient(id);
        if (s.state == State.Closing) revert CloseAlreadyRequested(id, _withdrawableAt(s));
        s.state = State.Closing;
        // Announced after the expiry, it delays nothing.
        if (block.timestamp < s.endsAt) s.endsAt = uint32(block.timestamp);
        emit CloseRequested(id, _withdrawableAt(s));
    }

    /// @inheritdoc ISessionManager
    function withdraw(bytes32 id) external returns (uint256 refund) {
        Session storage s = _ofClient(id);
        uint256 withdrawableAt = _withdrawableAt(s);
        if (block.timestamp < withdrawableAt) revert StillThawing(withdrawableAt);
        s.state = State.Closed;
        refund = SessionLedger.left(s.deposit, s.debited);
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

    /// @inheritdoc ISessionManager
    function idOf(address client, OpenTerms calldata terms) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), client, terms));
    }

    /// @notice EIP-712 digest that a voucher's signer signs.
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32) {
        return _hashTypedDataV4(voucher.hash());
    }

    /// @dev Books one debit. Per (session, payee) the cumulative sum only grows, so nothing is ever paid twice; per session
    ///      the sum over payees stays within the deposit, and what the spender signed within its allowance.
    function _debit(VoucherDebit calldata d) private returns (uint256 amount) {
        Voucher calldata voucher = d.voucher;
        bytes32 id = voucher.session;
        if (msg.sender != voucher.payee) revert NotPayee(msg.sender, voucher.payee);
        Session storage s = _known(id);
        if (s.state == State.Closed) revert AlreadyClosed(id);
        uint256 debit = d.cumulativeDebit;
        if (debit > voucher.cumulativeAmount) revert DebitAboveVoucher(id, debit, voucher.cumulativeAmount);
        mapping(address => uint256) storage taken = debitedBy[id];
        uint256 before = taken[msg.sender];
        amount = SessionLedger.due(debit, before);
        if (amount == 0) revert AlreadyDebited(id, debit, before);
        taken[msg.sender] = debit;
        uint256 debited = s.debited;
        uint256 left = SessionLedger.left(s.deposit, debited);
        if (amount > left) revert InsufficientDeposit(id, amount, left);

        address signer = StrictSignature.recover(_hashTypedDataV4(voucher.hash()), d.signature);
        if (signer != s.client) {
            if (signer != s.spender) revert WrongSigner(id, signer);
            uint256 spent = s.spenderDebited;
            left = SessionLedger.left(s.allowance, spent);
            if (amount > left) revert AllowanceExceeded(id, amount, left);
            s.spenderDebited = uint96(spent + amount); // at most `allowance`
        }
        debited += amount;
        s.debited = uint96(debited); // at most `deposit`
        emit VoucherRedeemed(id, msg.sender, signer, amount, debited);
    }

    function _known(bytes32 id) private view returns (Session storage s) {
        s = _sessions[id];
        if (s.client == address(0)) revert UnknownSession(id);
    }

    function _ofClient(bytes32 id) private view returns (Session storage s) {
        s = _known(id);
        if (msg.sender != s.client) revert NotClient(msg.sender);
        if (s.state == State.Closed) revert AlreadyClosed(id);
    }

    function _withdrawableAt(Session storage s) private view returns (uint256) {
        return uint256(s.endsAt) + s.thawSeconds;
    }

    function _checkTerms(OpenTerms calldata terms) private view {
        if (terms.deposit == 0) revert InvalidTerms("deposit");
        if (terms.expiry <= block.timestamp || terms.expiry > type(uint32).max) revert InvalidTerms("expiry");
        if (terms.model == 0) revert InvalidTerms("model");
        if (terms.nodesMin == 0 || terms.nodesMin > terms.nodesMax) revert InvalidTerms("nodesMin");
        if (terms.redundancy == 0 || terms.redundancy > terms.nodesMax) revert InvalidTerms("redundancy");
        if (terms.spender == address(0) && terms.allowance != 0) revert InvalidTerms("allowance");
    }
}
