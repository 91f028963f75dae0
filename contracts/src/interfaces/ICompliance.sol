// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { JurisdictionAttestation } from "../types/JurisdictionAttestation.sol";
import { IAdmission } from "./IAdmission.sol";

/// @title Rules that an operator of this layer switches on
/// @notice Sanction and allow lists, jurisdictions and licences of models. All off at first. It is asked at entry only, when
///         a session is opened or a node registered; no withdrawal, claim or exit asks it. It holds no money and nobody in it
///         can touch any.
interface ICompliance is IAdmission {
    enum Policy {
        DenyList,
        AllowList,
        Jurisdiction,
        Licence
    }

    /// @param until unix seconds from which the officer has no say; zero when it has none
    /// @param term  counts dismissals; what the officer attested in an earlier term is void
    struct Officer {
        uint48 until;
        uint48 term;
    }

    /// @param jurisdictions bits of where the account is; zero when there is none
    /// @param officer       who attested it
    /// @param term          officer's term at that time
    /// @param issuedAt      unix seconds; only a later statement replaces it
    /// @param expiresAt     unix seconds from which it is void
    /// @param nonCommercial the account uses models for no business
    struct Attestation {
        uint256 jurisdictions;
        address officer;
        uint48 term;
        uint48 issuedAt;
        uint48 expiresAt;
        bool nonCommercial;
    }

    /// @param known               the model was looked at; unknown ones are refused while the policy is on
    /// @param commercialUse       anyone may use it; otherwise only accounts attested as non-commercial
    /// @param requiresAttestation only accounts with an attestation may use it
    /// @param deniedJurisdictions bits of where it may not be used
    struct LicenceTerms {
        bool known;
        bool commercialUse;
        bool requiresAttestation;
        uint256 deniedJurisdictions;
    }

    event PolicySet(Policy indexed policy, bool on);
    event DenyRootSet(bytes32 root);
    event AllowRootSet(bytes32 root);
    event DeniedJurisdictionsSet(uint256 jurisdictions);
    event NextSet(IAdmission indexed next);
    event OfficerAppointed(address indexed officer, uint256 until, uint256 term);
    event OfficerDismissed(address indexed officer, uint256 term);
    event DenyEntrySet(address indexed account, uint256 until, address indexed officer);
    event AllowEntrySet(address indexed account, uint256 until, address indexed officer);
    event LicenceTermsSet(bytes32 indexed model, LicenceTerms terms, address indexed officer);
    /// @param denied whether the account stands on the list that governance published
    event ListingProven(address indexed account, bytes32 indexed root, bool denied);
    event AllowanceProven(address indexed account, bytes32 indexed root);
    event Attested(
        address indexed account, address indexed officer, uint256 jurisdictions, bool nonCommercial, uint256 expiresAt
    );
    event AttestationRevoked(address indexed account, address indexed officer);

    // reasons of a refusal

    /// @notice The account is on the deny list.
    error AccountDenied(address account);
    /// @notice The account is not on the allow list.
    error AccountNotAllowed(address account);
    /// @notice The account has no attestation in force.
    error NotAttested(address account);
    /// @notice The account is in a jurisdiction that is denied on this layer; `jurisdictions` are the bits that are.
    error JurisdictionDenied(address account, uint256 jurisdictions);
    /// @notice Nobody looked at the model's licence.
    error LicenceUnknown(bytes32 model);
    /// @notice The model's licence allows no commercial use, and the account is not attested as non-commercial.
    error CommercialUseDenied(bytes32 model, address account);
    /// @notice The model may not be used where the account is; `jurisdictions` are the bits that are denied.
    error ModelDeniedInJurisdiction(bytes32 model, uint256 jurisdictions);

    // wrong calls

    /// @notice An address that must name somebody is zero.
    error ZeroAddress();
    /// @notice Only governance may call this.
    error NotGovernance(address caller);
    /// @notice Only governance, or an officer in its term, may do this.
    error NotOfficer(address caller);
    /// @notice A time must lie in the future, and at most `max`.
    error InvalidTerm(uint256 until, uint256 max);
    /// @notice The officer is not in office.
    error NotInOffice(address officer);
    /// @notice The proof does not lead to the root, or does not speak of the account.
    error InvalidProof(address account);
    /// @notice No list was published.
    error NoRoot();
    /// @notice The next admission must be another contract.
    error InvalidNext(address next);
    /// @notice The statement's times or bits make no sense.
    error InvalidStatement(string field);
    /// @notice The account has a statement as late as this one, or later.
    error StatementNotNewer(uint256 issuedAt, uint256 latest);

    /// @notice Switches a policy. By governance.
    function setPolicy(Policy policy, bool on) external;

    /// @notice Publishes the deny list as a Merkle tree of gaps (see `proveDenied`). By governance. Accounts that were proven denied stay so
    ///         until they are proven to be off the new list; accounts new on it are denied once somebody proves it.
    function setDenyRoot(bytes32 root) external;

    /// @notice Publishes the allow list as a Merkle tree of accounts. By governance. What was proven under another root is void.
    function setAllowRoot(bytes32 root) external;

    /// @notice Sets where nobody may take part from; bits as in attestations. By governance.
    function setDeniedJurisdictions(uint256 jurisdictions) external;

    /// @notice Sets who is asked after this contract, so that both must agree; zero is nobody. By governance.
    function setNext(IAdmission next) external;

    /// @notice Appoints an officer, or changes when its term ends, at most `OFFICER_SECONDS_MAX` from now. By governance.
    function appointOfficer(address officer, uint48 until) external;

    /// @notice Ends an officer's term and voids what it attested. Its entries stay until they expire or are changed. By governance.
    function dismissOfficer(address officer) external;

    /// @notice Denies an account until a time, at most `ENTRY_SECONDS_MAX` from now; zero takes the entry back. By an officer or
    ///         governance.
    function setDenyEntry(address account, uint48 until) external;

    /// @notice Allows an account until a time, at most `ENTRY_SECONDS_MAX` from now; zero takes the entry back. By an officer or
    ///         governance. The deny list is stronger.
    function setAllowEntry(address account, uint48 until) external;

    /// @notice Sets what a model's licence allows. By an officer or governance.
    function setLicenceTerms(bytes32 model, LicenceTerms calldata terms) external;

    /// @notice Proves that an account is on the published deny list. Anyone may call.
    /// @dev The list, sorted, with address zero before and the highest address after it, is published as its gaps: leaves
    ///      (low, high) of neighbours. `low` of a gap is on the list; whoever lies between low and high is not.
    /// @param high  next account on the list after `account`
    /// @param proof of the leaf (account, high)
    function proveDenied(address account, address high, bytes32[] calldata proof) external;

    /// @notice Proves that an account is not on the published deny list. Anyone may call.
    /// @param low   nearest account on the list below it
    /// @param high  nearest account on the list above it
    /// @param proof of the leaf (low, high)
    function proveNotDenied(address account, address low, address high, bytes32[] calldata proof) external;

    /// @notice Proves that an account is on the published allow list. Anyone may call.
    function proveAllowed(address account, bytes32[] calldata proof) external;

    /// @notice Records where an account is, by an officer's statement. Anyone may send it.
    /// @param signature EIP-712, 65 bytes, of an officer in its term
    function attest(JurisdictionAttestation calldata statement, bytes calldata signature) external;

    /// @notice Voids an account's attestation, and every one issued until now. By an officer or governance.
    function revokeAttestation(address account) external;

    /// @notice As `requireSession`, but answers: whether it would pass, and the selector of the error if not. Never reverts.
    function checkSession(address client, bytes32 model) external view returns (bool ok, bytes4 reason);

    /// @notice As `requireNode`, but answers. Never reverts.
    function checkNode(address owner, address operator, uint32 roles) external view returns (bool ok, bytes4 reason);

    /// @notice Whether a policy is on.
    function policy(Policy which) external view returns (bool);

    /// @notice Whether the account is on the deny list now, by an entry or by proof; whatever the policy says.
    function isDenied(address account) external view returns (bool);

    /// @notice Whether the account is on the allow list now, by an entry or by proof; whatever the policy says.
    function isAllowed(address account) external view returns (bool);

    /// @notice Whether the account has an attestation in force.
    function isAttested(address account) external view returns (bool);

    /// @notice Whether the account is an officer in its term.
    function isOfficer(address account) external view returns (bool);

    /// @notice An account's latest attestation, in force or not; zeros when there is none.
    function attestation(address account) external view returns (Attestation memory);

    function officer(address account) external view returns (Officer memory);
    function licenceTerms(bytes32 model) external view returns (LicenceTerms memory);
    /// @notice Unix seconds until which the account is denied by an entry.
    function deniedUntil(address account) external view returns (uint48);
    /// @notice Unix seconds until which the account is allowed by an entry.
    function allowedUntil(address account) external view returns (uint48);
    function denyRoot() external view returns (bytes32);
    function allowRoot() external view returns (bytes32);
    function deniedJurisdictions() external view returns (uint256);
    /// @notice Who is asked after this contract; zero is nobody.
    function next() external view returns (IAdmission);
    function governance() external view returns (address);

    /// @notice EIP-712 digest that an officer signs.
    function attestationDigest(JurisdictionAttestation calldata statement) external view returns (bytes32);
}
