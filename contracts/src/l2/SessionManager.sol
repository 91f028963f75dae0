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
            deposit: terms.deposit.toUint80(),
            spender: terms.spender,
            allowance: terms.allowance.toUint80(),
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
        s.deposit += amount.toUint80();
        emit SessionToppedUp(id, msg.sender, amount, s.deposit);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc ISessionManager
    function raiseAllowance(bytes32 id, uint256 allowance) external {
        Session storage s = _ofClient(id);
        if (allowance <= s.allowance) revert AllowanceNotRaised(s.allowance, allowance);
        s.allowance = allowance.toUint80();
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
            VoucherDebit calldata d = debits[i];
            mapping(address => uint256) storage taken = debitedBy[d.voucher.session];
            amount += _debit(d, taken, taken[msg.sender]);
        }
        if (amount == 0) revert ZeroAmount();
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc ISessionManager
    function redeemRest(VoucherDebit[] calldata debits) external returns (uint256 amount) {
        for (uint256 i = 0; i < debits.length; ++i) {
            VoucherDebit calldata d = debits[i];
            mapping(address => uint256) storage taken = debitedBy[d.voucher.session];
            uint256 before = taken[msg.sender];
            if (d.cumulativeDebit > before) amount += _debit(d, taken, before);
        }
        if (amount > 0) token.safeTransfer(msg.sender, amount);
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
    /// @param taken  what each payee has taken from the session
    /// @param before what the caller has taken from the session so far
    function _debit(VoucherDebit calldata d, mapping(address => uint256) storage taken, uint256 before)
        private
        returns (uint256 amount)
    {
        Voucher calldata voucher = d.voucher;
        bytes32 id = voucher.session;
        if (msg.sender != voucher.payee) revert NotPayee(msg.sender, voucher.payee);
        Session storage s = _sessions[id];
        (uint256 deposit, uint256 debited, uint256 spent, State state) =
            (s.deposit, s.debited, s.spenderDebited, s.state);
        if (deposit == 0) revert UnknownSession(id);
        if (state == State.Closed) revert AlreadyClosed(id);
        uint256 debit = d.cumulativeDebit;
        if (debit > voucher.cumulativeAmount) revert DebitAboveVoucher(id, debit, voucher.cumulativeAmount);
        amount = SessionLedger.due(debit, before);
        if (amount == 0) revert AlreadyDebited(id, debit, before);
        taken[msg.sender] = debit;
        uint256 left = SessionLedger.left(deposit, debited);
        if (amount > left) revert InsufficientDeposit(id, amount, left);

        address signer = StrictSignature.recover(_hashTypedDataV4(voucher.hash()), d.signature);
        if (signer == s.spender) spent = _spend(s, id, spent, amount);
        else if (signer != s.client) revert WrongSigner(id, signer);
        debited += amount;
        // At most `deposit` and `allowance`.
        // forge-lint: disable-next-line(unsafe-typecast)
        (s.debited, s.spenderDebited) = (uint80(debited), uint80(spent));
        emit VoucherRedeemed(id, msg.sender, signer, amount, debited);
    }

    /// @dev What the spender has signed for afterwards. A client that is its own spender needs no allowance.
    function _spend(Session storage s, bytes32 id, uint256 spent, uint256 amount) private view returns (uint256) {
        uint256 left = SessionLedger.left(s.allowance, spent);
        if (amount <= left) return spent + amount;
        if (s.spender != s.client) revert AllowanceExceeded(id, amount, left);
        return spent;
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
