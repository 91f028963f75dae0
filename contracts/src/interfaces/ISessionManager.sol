// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { VoucherDebit } from "../types/Voucher.sol";
import { IAdmission } from "./IAdmission.sol";
import { IParameters } from "./IParameters.sol";

/// @title Deposits of clients
/// @notice Holds what a client set aside for one model under fixed terms. Payees take from it against signed, cumulative
///         vouchers; the rest goes back to the client. At every moment: deposits = debited + refundable. The id binds the
///         terms, so whoever is shown them can check them ({idOf}); here only what moves money is kept.
interface ISessionManager {
    enum Mode {
        Ephemeral,
        Dedicated
    }

    enum Privacy {
        Clear,
        Encrypted
    }

    enum State {
        Open,
        Closing,
        Closed
    }

    /// @param model              digest of the model that the session pays for
    /// @param spender            delegated signer of vouchers, usually a router's operator; zero is none. Fixed for good
    /// @param allowance          wei that vouchers of the spender may debit in total
    /// @param promptPriceMax     wei per 1,000 prompt tokens that the client accepts
    /// @param completionPriceMax wei per 1,000 completion tokens that the client accepts
    /// @param expiry             unix seconds, 32 bits; after `expiry` plus the thaw the client takes the rest without asking first
    /// @param deposit            wei to move in
    /// @param mode               nodes from the pool for each task, or dedicated ones
    /// @param nodesMin           fewest nodes that serve the session, at least 1
    /// @param nodesMax           most nodes that serve the session
    /// @param redundancy         miners for one task, at least 1, at most `nodesMax`
    /// @param validators         guards that audit one task
    /// @param tier               service tier
    /// @param privacy            whether payloads are encrypted
    /// @param name               UTF-8, zero padded
    /// @param metadata           digest of a document that describes the session
    /// @param salt               of the client's choice: two sessions of one client with equal terms need two
    struct OpenTerms {
        bytes32 model;
        address spender;
        uint256 allowance;
        uint256 promptPriceMax;
        uint256 completionPriceMax;
        uint64 expiry;
        uint256 deposit;
        Mode mode;
        uint16 nodesMin;
        uint16 nodesMax;
        uint8 redundancy;
        uint8 validators;
        uint8 tier;
        Privacy privacy;
        bytes32 name;
        bytes32 metadata;
        bytes32 salt;
    }

    /// @notice Three words, of which a voucher of the spender needs the last two. Amounts are 80 bits: a session holds less than
    ///         1,208,925 COR.
    /// @param client         who opened it and gets the rest
    /// @param endsAt         unix seconds: the expiry, or when the close was requested if that was before
    /// @param thawSeconds    the rest can be withdrawn this long after `endsAt`; as it was when the session opened
    /// @param spender        delegated signer of vouchers; zero is none
    /// @param allowance      wei that the spender may sign for in total
    /// @param deposit        wei moved in so far, never zero
    /// @param debited        wei that payees took
    /// @param spenderDebited part of `debited` that the spender signed for; at most `allowance`
    struct Session {
        address client;
        uint32 endsAt;
        uint24 thawSeconds;
        address spender;
        uint80 allowance;
        uint80 deposit;
        uint80 debited;
        uint80 spenderDebited;
        State state;
    }

    event SessionOpened(bytes32 indexed session, address indexed client, OpenTerms terms);
    event SessionToppedUp(bytes32 indexed session, address indexed from, uint256 amount, uint256 deposit);
    event AllowanceRaised(bytes32 indexed session, uint256 allowance);
    /// @param withdrawableAt unix seconds from which the client can take the rest
    event CloseRequested(bytes32 indexed session, uint256 withdrawableAt);
    event SessionClosed(bytes32 indexed session, address indexed client, uint256 refund);
    /// @param debited wei that all payees of the session took so far
    event VoucherRedeemed(
        bytes32 indexed session, address indexed payee, address indexed signer, uint256 amount, uint256 debited
    );

    /// @notice The terms contradict themselves; `field` names the first one that is wrong.
    error InvalidTerms(string field);
    /// @notice An amount of zero changes nothing and is refused.
    error ZeroAmount();
    /// @notice The caller has opened a session with these very terms.
    error AlreadyOpened(bytes32 session);
    /// @notice No session has this id.
    error UnknownSession(bytes32 session);
    /// @notice The session was paid out.
    error AlreadyClosed(bytes32 session);
    /// @notice The session is closing or expired and takes no more money.
    error NotOpen(bytes32 session);
    /// @notice A close was requested already.
    error CloseAlreadyRequested(bytes32 session, uint256 withdrawableAt);
    /// @notice Only the session's client may call this.
    error NotClient(address caller);
    /// @notice The thaw has not passed; `withdrawableAt` says when it will have.
    error StillThawing(uint256 withdrawableAt);
    /// @notice An allowance can only be raised: a payee relies on it.
    error AllowanceNotRaised(uint256 current, uint256 wanted);
    /// @notice Only the voucher's payee may redeem it.
    error NotPayee(address caller, address payee);
    /// @notice The voucher is signed by neither the client nor the spender.
    error WrongSigner(bytes32 session, address signer);
    /// @notice More is asked than the voucher promises.
    error DebitAboveVoucher(bytes32 session, uint256 debit, uint256 promised);
    /// @notice The voucher (or a later one) paid that much already.
    error AlreadyDebited(bytes32 session, uint256 debit, uint256 debited);
    /// @notice The spender signed for more than its allowance.
    error AllowanceExceeded(bytes32 session, uint256 wanted, uint256 left);
    /// @notice The session holds less than what is asked.
    error InsufficientDeposit(bytes32 session, uint256 wanted, uint256 left);

    /// @notice Opens a session of the caller and moves `terms.deposit` in. Needs a token allowance, and the admission's yes
    ///         where there is one.
    function open(OpenTerms calldata terms) external returns (bytes32 session);

    /// @notice As `open`, with an EIP-2612 permit of the caller. A permit that somebody sent before does no harm.
    function openWithPermit(OpenTerms calldata terms, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        returns (bytes32 session);

    /// @notice Adds to a session that is neither closing nor expired. Anyone may; the money becomes the client's.
    function topUp(bytes32 session, uint256 amount) external;

    /// @notice Lets the spender spend more. Only by the client, and never less than before.
    function raiseAllowance(bytes32 session, uint256 allowance) external;

    /// @notice Announces that the client leaves. Payees have the session's thaw to redeem what they were promised.
    function requestClose(bytes32 session) external;

    /// @notice Pays the rest to the client: the session's thaw after `requestClose`, or after the expiry, whichever is first.
    function withdraw(bytes32 session) external returns (uint256 refund);

    /// @notice Debits sessions against vouchers to the caller and sends the caller the sum. All or nothing.
    /// @return amount wei sent
    function redeem(VoucherDebit[] calldata debits) external returns (uint256 amount);

    /// @notice As `redeem`, but passes over what the caller has taken already; that may be all.
    function redeemRest(VoucherDebit[] calldata debits) external returns (uint256 amount);

    /// @notice State and sums of a session; zeros when there is none.
    function session(bytes32 id) external view returns (Session memory);

    /// @notice Id of the session that `client` opens with `terms`: it binds chain, contract, client and every term.
    function idOf(address client, OpenTerms calldata terms) external view returns (bytes32);

    /// @notice Wei that `payee` took from the session.
    function debitedBy(bytes32 session, address payee) external view returns (uint256);

    function parameters() external view returns (IParameters);
    /// @notice Asked before a session opens; zero lets everybody in.
    function admission() external view returns (IAdmission);
}
