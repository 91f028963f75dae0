// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../interfaces/IAdmission.sol";
import { ICompliance } from "../interfaces/ICompliance.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { JurisdictionAttestation } from "../types/JurisdictionAttestation.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title Compliance
/// @notice See {ICompliance}.
contract Compliance is ICompliance, EIP712 {
    uint256 public constant OFFICER_SECONDS_MAX = 366 days;
    uint256 public constant ENTRY_SECONDS_MAX = 366 days;
    uint256 public constant ATTESTATION_SECONDS_MAX = 366 days;

    /// @inheritdoc ICompliance
    address public immutable governance;

    /// @inheritdoc ICompliance
    IAdmission public next;
    /// @inheritdoc ICompliance
    bytes32 public denyRoot;
    /// @inheritdoc ICompliance
    bytes32 public allowRoot;
    /// @inheritdoc ICompliance
    uint256 public deniedJurisdictions;
    /// @inheritdoc ICompliance
    mapping(Policy => bool) public policy;
    mapping(address account => Officer) private _officers;
    /// @inheritdoc ICompliance
    mapping(address account => uint48) public deniedUntil;
    /// @inheritdoc ICompliance
    mapping(address account => uint48) public allowedUntil;
    mapping(address account => bool) private _provenDenied;
    mapping(address account => bytes32 root) private _provenAllowed;
    mapping(address account => Attestation) private _attestations;
    mapping(bytes32 model => LicenceTerms) private _licences;

    modifier onlyGovernance() {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        _;
    }

    modifier onlyOfficer() {
        if (msg.sender != governance && !isOfficer(msg.sender)) revert NotOfficer(msg.sender);
        _;
    }

    constructor(address governance_) EIP712("cortensord", "1") {
        if (governance_ == address(0)) revert ZeroAddress();
        governance = governance_;
    }

    /// @inheritdoc ICompliance
    function setPolicy(Policy which, bool on) external onlyGovernance {
        policy[which] = on;
        emit PolicySet(which, on);
    }

    /// @inheritdoc ICompliance
    function setDenyRoot(bytes32 root) external onlyGovernance {
        denyRoot = root;
        emit DenyRootSet(root);
    }

    /// @inheritdoc ICompliance
    function setAllowRoot(bytes32 root) external onlyGovernance {
        allowRoot = root;
        emit AllowRootSet(root);
    }

    /// @inheritdoc ICompliance
    function setDeniedJurisdictions(uint256 jurisdictions) external onlyGovernance {
        deniedJurisdictions = jurisdictions;
        emit DeniedJurisdictionsSet(jurisdictions);
    }

    /// @inheritdoc ICompliance
    function setNext(IAdmission next_) external onlyGovernance {
        address at_ = address(next_);
        if (at_ == address(this) || (at_ != address(0) && at_.code.length == 0)) revert InvalidNext(at_);
        next = next_;
        emit NextSet(next_);
    }

    /// @inheritdoc ICompliance
    function appointOfficer(address account, uint48 until) external onlyGovernance {
        if (account == address(0)) revert ZeroAddress();
        _checkTerm(until, OFFICER_SECONDS_MAX);
        _officers[account].until = until;
        emit OfficerAppointed(account, until, _officers[account].term);
    }

    /// @inheritdoc ICompliance
    function dismissOfficer(address account) external onlyGovernance {
        Officer storage o = _officers[account];
        if (o.until == 0) revert NotInOffice(account);
        emit OfficerDismissed(account, o.term);
        o.until = 0;
        ++o.term;
    }

    /// @inheritdoc ICompliance
    function setDenyEntry(address account, uint48 until) external onlyOfficer {
        if (until != 0) _checkTerm(until, ENTRY_SECONDS_MAX);
        deniedUntil[account] = until;
        emit DenyEntrySet(account, until, msg.sender);
    }

    /// @inheritdoc ICompliance
    function setAllowEntry(address account, uint48 until) external onlyOfficer {
        if (until != 0) _checkTerm(until, ENTRY_SECONDS_MAX);
        allowedUntil[account] = until;
        emit AllowEntrySet(account, until, msg.sender);
    }

    /// @inheritdoc ICompliance
    function setLicenceTerms(bytes32 model, LicenceTerms calldata terms) external onlyOfficer {
        _licences[model] = terms;
        emit LicenceTermsSet(model, terms, msg.sender);
    }

    /// @inheritdoc ICompliance
    function proveDenied(address account, address high, bytes32[] calldata proof) external {
        // Address zero stands before the list and is nobody.
        if (account == address(0)) revert InvalidProof(account);
        _checkProof(account, denyRoot, keccak256(abi.encode(account, high)), proof);
        _provenDenied[account] = true;
        emit ListingProven(account, denyRoot, true);
    }

    /// @inheritdoc ICompliance
    function proveNotDenied(address account, address low, address high, bytes32[] calldata proof) external {
        if (account <= low || account >= high) revert InvalidProof(account);
        _checkProof(account, denyRoot, keccak256(abi.encode(low, high)), proof);
        _provenDenied[account] = false;
        emit ListingProven(account, denyRoot, false);
    }

    /// @inheritdoc ICompliance
    function proveAllowed(address account, bytes32[] calldata proof) external {
        _checkProof(account, allowRoot, keccak256(abi.encode(account)), proof);
        _provenAllowed[account] = allowRoot;
        emit AllowanceProven(account, allowRoot);
    }

    /// @inheritdoc ICompliance
    function attest(JurisdictionAttestation calldata a, bytes calldata signature) external {
        address signer = StrictSignature.recover(attestationDigest(a), signature);
        if (!isOfficer(signer)) revert NotOfficer(signer);
        if (a.account == address(0)) revert InvalidStatement("account");
        if (a.jurisdictions == 0) revert InvalidStatement("jurisdictions");
        if (a.issuedAt > block.timestamp) revert InvalidStatement("issuedAt");
        if (a.expiresAt <= block.timestamp || a.expiresAt > a.issuedAt + ATTESTATION_SECONDS_MAX) {
            revert InvalidStatement("expiresAt");
        }
        uint256 latest = _attestations[a.account].issuedAt;
        if (a.issuedAt <= latest) revert StatementNotNewer(a.issuedAt, latest);
        _attestations[a.account] = Attestation({
            jurisdictions: a.jurisdictions,
            officer: signer,
            term: _officers[signer].term,
            issuedAt: a.issuedAt,
            expiresAt: a.expiresAt,
            nonCommercial: a.nonCommercial
        });
        emit Attested(a.account, signer, a.jurisdictions, a.nonCommercial, a.expiresAt);
    }

    /// @inheritdoc ICompliance
    function revokeAttestation(address account) external onlyOfficer {
        delete _attestations[account];
        // What was signed until now and not sent yet is void, too.
        _attestations[account].issuedAt = uint48(block.timestamp);
        emit AttestationRevoked(account, msg.sender);
    }

    /// @inheritdoc IAdmission
    function requireSession(address client, bytes32 model) external view {
        _revertWith(_sessionRefusal(client, model));
        if (address(next) != address(0)) next.requireSession(client, model);
    }

    /// @inheritdoc IAdmission
    function requireNode(address owner, address operator, uint32 roles) external view {
        _revertWith(_nodeRefusal(owner, operator));
        if (address(next) != address(0)) next.requireNode(owner, operator, roles);
    }

    /// @inheritdoc ICompliance
    function checkSession(address client, bytes32 model) external view returns (bool, bytes4) {
        return _answer(_sessionRefusal(client, model), abi.encodeCall(IAdmission.requireSession, (client, model)));
    }

    /// @inheritdoc ICompliance
    function checkNode(address owner, address operator, uint32 roles) external view returns (bool, bytes4) {
        return _answer(_nodeRefusal(owner, operator), abi.encodeCall(IAdmission.requireNode, (owner, operator, roles)));
    }

    /// @inheritdoc ICompliance
    function isDenied(address account) public view returns (bool) {
        return _provenDenied[account] || block.timestamp < deniedUntil[account];
    }

    /// @inheritdoc ICompliance
    function isAllowed(address account) public view returns (bool) {
        return (allowRoot != 0 && _provenAllowed[account] == allowRoot) || block.timestamp < allowedUntil[account];
    }

    /// @inheritdoc ICompliance
    function isAttested(address account) public view returns (bool) {
        Attestation storage a = _attestations[account];
        return block.timestamp < a.expiresAt && a.term == _officers[a.officer].term;
    }

    /// @inheritdoc ICompliance
    function isOfficer(address account) public view returns (bool) {
        return block.timestamp < _officers[account].until;
    }

    /// @inheritdoc ICompliance
    function attestation(address account) external view returns (Attestation memory) {
        return _attestations[account];
    }

    /// @inheritdoc ICompliance
    function officer(address account) external view returns (Officer memory) {
        return _officers[account];
    }

    /// @inheritdoc ICompliance
    function licenceTerms(bytes32 model) external view returns (LicenceTerms memory) {
        return _licences[model];
    }

    /// @inheritdoc ICompliance
    function attestationDigest(JurisdictionAttestation calldata statement) public view returns (bytes32) {
        return _hashTypedDataV4(statement.hash());
    }

    /// @dev The encoded error that refuses a session; empty when nothing does. One place for `requireSession` and `checkSession`.
    function _sessionRefusal(address client, bytes32 model) private view returns (bytes memory refusal) {
        refusal = _accountRefusal(client);
        if (refusal.length == 0 && policy[Policy.Licence]) refusal = _licenceRefusal(client, model);
    }

    /// @dev The owner is who answers for a node; its operator key must not be one that is denied.
    function _nodeRefusal(address owner, address operator) private view returns (bytes memory) {
        if (policy[Policy.DenyList] && isDenied(operator)) {
            return abi.encodeWithSelector(AccountDenied.selector, operator);
        }
        return _accountRefusal(owner);
    }

    function _accountRefusal(address account) private view returns (bytes memory) {
        if (policy[Policy.DenyList] && isDenied(account)) {
            return abi.encodeWithSelector(AccountDenied.selector, account);
        }
        if (policy[Policy.AllowList] && !isAllowed(account)) {
            return abi.encodeWithSelector(AccountNotAllowed.selector, account);
        }
        if (policy[Policy.Jurisdiction]) {
            if (!isAttested(account)) return abi.encodeWithSelector(NotAttested.selector, account);
            uint256 denied = _attestations[account].jurisdictions & deniedJurisdictions;
            if (denied != 0) return abi.encodeWithSelector(JurisdictionDenied.selector, account, denied);
        }
        return "";
    }

    function _licenceRefusal(address account, bytes32 model) private view returns (bytes memory) {
        LicenceTerms storage licence = _licences[model];
        if (!licence.known) return abi.encodeWithSelector(LicenceUnknown.selector, model);
        bool attested = isAttested(account);
        if ((licence.requiresAttestation || licence.deniedJurisdictions != 0) && !attested) {
            return abi.encodeWithSelector(NotAttested.selector, account);
        }
        Attestation storage a = _attestations[account];
        if (!licence.commercialUse && !(attested && a.nonCommercial)) {
            return abi.encodeWithSelector(CommercialUseDenied.selector, model, account);
        }
        uint256 denied = a.jurisdictions & licence.deniedJurisdictions;
        if (denied != 0) return abi.encodeWithSelector(ModelDeniedInJurisdiction.selector, model, denied);
        return "";
    }

    /// @dev Own refusal, or that of the next admission, as its selector. A call that fails in whatever way is a refusal.
    function _answer(bytes memory refusal, bytes memory question) private view returns (bool, bytes4) {
        if (refusal.length != 0) return (false, _selector(refusal));
        if (address(next) == address(0)) return (true, 0);
        (bool ok, bytes memory reason) = address(next).staticcall(question);
        return ok ? (true, bytes4(0)) : (false, _selector(reason));
    }

    function _selector(bytes memory refusal) private pure returns (bytes4) {
        // Errors begin with their selector; what a refusal says beyond it is for `requireSession`.
        // forge-lint: disable-next-line(unsafe-typecast)
        return bytes4(refusal);
    }

    function _revertWith(bytes memory refusal) private pure {
        if (refusal.length == 0) return;
        assembly ("memory-safe") {
            revert(add(refusal, 0x20), mload(refusal))
        }
    }

    /// @dev Leaves are hashed twice, as in OpenZeppelin's standard tree, so that no inner node passes for one.
    function _checkProof(address account, bytes32 root, bytes32 entry, bytes32[] calldata proof) private pure {
        if (root == 0) revert NoRoot();
        if (!MerkleProof.verifyCalldata(proof, root, keccak256(bytes.concat(entry)))) revert InvalidProof(account);
    }

    function _checkTerm(uint256 until, uint256 secondsMax) private view {
        uint256 max = block.timestamp + secondsMax;
        if (until <= block.timestamp || until > max) revert InvalidTerm(until, max);
    }
}
