// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../../src/interfaces/IAdmission.sol";
import { ICompliance } from "../../src/interfaces/ICompliance.sol";
import { Compliance } from "../../src/l2/Compliance.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { JurisdictionAttestation } from "../../src/types/JurisdictionAttestation.sol";
import { Roles } from "../../src/types/Roles.sol";
import { MarketTest, SettableAdmission } from "../utils/MarketMocks.sol";
import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

abstract contract ComplianceBase is MarketTest {
    bytes32 internal constant MODEL = "model";
    address internal constant END = 0xFFfFfFffFFfffFFfFFfFFFFFffFFFffffFfFFFfF;
    uint256 internal constant BIT_A = 1 << 3;
    uint256 internal constant BIT_B = 1 << 200;

    Compliance internal compliance;
    address internal officer;
    uint256 internal officerKey;
    address internal client = makeAddr("client");
    address internal operator = makeAddr("operator");

    function setUp() public virtual override {
        super.setUp();
        (officer, officerKey) = makeAddrAndKey("officer");
        compliance = new Compliance(governance);
        vm.prank(governance);
        compliance.appointOfficer(officer, now48() + 100 days);
    }

    function now48() internal view returns (uint48) {
        return uint48(block.timestamp);
    }

    function turnOn(ICompliance.Policy policy) internal {
        vm.prank(governance);
        compliance.setPolicy(policy, true);
    }

    function statementOf(uint256 bits) internal view returns (JurisdictionAttestation memory) {
        return JurisdictionAttestation(client, bits, false, now48(), now48() + 30 days);
    }

    function attest(uint256 key, JurisdictionAttestation memory a) internal {
        compliance.attest(a, sign(key, compliance.attestationDigest(a)));
    }

    function expectAttestRevert(uint256 key, JurisdictionAttestation memory a, bytes memory reason) internal {
        bytes memory signature = sign(key, compliance.attestationDigest(a));
        vm.expectRevert(reason);
        compliance.attest(a, signature);
    }

    /// @dev Both ways to ask give the same answer.
    function check_session(bytes memory refusal) internal {
        (bool ok, bytes4 reason) = compliance.checkSession(client, MODEL);
        assertEq(ok, refusal.length == 0);
        assertEq(reason, bytes4(refusal));
        if (refusal.length != 0) vm.expectRevert(refusal);
        compliance.requireSession(client, MODEL);
    }

    /// @dev `client` owns the node.
    function check_node(bytes memory refusal) internal {
        (bool ok, bytes4 reason) = compliance.checkNode(client, operator, Roles.MINER);
        assertEq(ok, refusal.length == 0);
        assertEq(reason, bytes4(refusal));
        if (refusal.length != 0) vm.expectRevert(refusal);
        compliance.requireNode(client, operator, Roles.MINER);
    }

    function check_both(bytes memory refusal) internal {
        check_session(refusal);
        check_node(refusal);
    }

    function refused(bytes4 selector, address account) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, account);
    }

    function gapLeaf(address low, address high) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(low, high))));
    }

    function proofOf(bytes32 sibling) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = sibling;
    }

    /// @dev Publishes the deny list [account]: two gaps.
    function denyOnly(address account) internal {
        vm.prank(governance);
        compliance.setDenyRoot(Hashes.commutativeKeccak256(gapLeaf(address(0), account), gapLeaf(account, END)));
    }
}

contract ComplianceConstructorTest is ComplianceBase {
    function test_everythingIsOffAtFirst() public {
        assertEq(compliance.governance(), governance);
        for (uint256 i = 0; i < 4; ++i) {
            assertFalse(compliance.policy(ICompliance.Policy(i)));
        }
        vm.startPrank(officer);
        compliance.setDenyEntry(client, now48() + 1);
        vm.stopPrank();
        check_both("");
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(ICompliance.ZeroAddress.selector);
        new Compliance(address(0));
    }
}

contract ComplianceGovernanceTest is ComplianceBase {
    function expectOnlyGovernance(address caller, bytes memory call) internal {
        vm.prank(caller);
        (bool ok, bytes memory reason) = address(compliance).call(call);
        assertFalse(ok);
        assertEq(reason, abi.encodeWithSelector(ICompliance.NotGovernance.selector, caller));
    }

    function test_RevertWhen_NotGovernance() public {
        bytes[] memory calls = new bytes[](7);
        calls[0] = abi.encodeCall(compliance.setPolicy, (ICompliance.Policy.DenyList, true));
        calls[1] = abi.encodeCall(compliance.setDenyRoot, ("root"));
        calls[2] = abi.encodeCall(compliance.setAllowRoot, ("root"));
        calls[3] = abi.encodeCall(compliance.setDeniedJurisdictions, (1));
        calls[4] = abi.encodeCall(compliance.setNext, (IAdmission(address(0))));
        calls[5] = abi.encodeCall(compliance.appointOfficer, (stranger, now48() + 1));
        calls[6] = abi.encodeCall(compliance.dismissOfficer, (officer));
        for (uint256 i = 0; i < calls.length; ++i) {
            expectOnlyGovernance(stranger, calls[i]);
            expectOnlyGovernance(officer, calls[i]);
            vm.prank(governance);
            (bool ok,) = address(compliance).call(calls[i]);
            assertTrue(ok);
        }
    }

    function test_setsAndTells() public {
        vm.startPrank(governance);
        vm.expectEmit(address(compliance));
        emit ICompliance.PolicySet(ICompliance.Policy.Licence, true);
        compliance.setPolicy(ICompliance.Policy.Licence, true);
        assertTrue(compliance.policy(ICompliance.Policy.Licence));
        assertFalse(compliance.policy(ICompliance.Policy.Jurisdiction));
        vm.expectEmit(address(compliance));
        emit ICompliance.PolicySet(ICompliance.Policy.Licence, false);
        compliance.setPolicy(ICompliance.Policy.Licence, false);
        assertFalse(compliance.policy(ICompliance.Policy.Licence));
        vm.expectEmit(address(compliance));
        emit ICompliance.DenyRootSet("deny");
        compliance.setDenyRoot("deny");
        assertEq(compliance.denyRoot(), "deny");
        vm.expectEmit(address(compliance));
        emit ICompliance.AllowRootSet("allow");
        compliance.setAllowRoot("allow");
        assertEq(compliance.allowRoot(), "allow");
        vm.expectEmit(address(compliance));
        emit ICompliance.DeniedJurisdictionsSet(BIT_A);
        compliance.setDeniedJurisdictions(BIT_A);
        assertEq(compliance.deniedJurisdictions(), BIT_A);
    }
}

contract ComplianceOfficerTest is ComplianceBase {
    function test_hasAsayUntilItsTermEnds() public {
        assertTrue(compliance.isOfficer(officer));
        assertFalse(compliance.isOfficer(stranger));
        assertEq(compliance.officer(officer).until, now48() + 100 days);
        skip(100 days - 1);
        assertTrue(compliance.isOfficer(officer));
        vm.prank(officer);
        compliance.setDenyEntry(client, now48() + 1);
        skip(1);
        assertFalse(compliance.isOfficer(officer));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NotOfficer.selector, officer));
        vm.prank(officer);
        compliance.setDenyEntry(client, now48() + 1);
    }

    function test_isAppointedAndDismissed() public {
        vm.startPrank(governance);
        vm.expectEmit(address(compliance));
        emit ICompliance.OfficerAppointed(officer, now48() + 1, 0);
        compliance.appointOfficer(officer, now48() + 1);
        assertEq(compliance.officer(officer).until, now48() + 1);
        vm.expectEmit(address(compliance));
        emit ICompliance.OfficerDismissed(officer, 0);
        compliance.dismissOfficer(officer);
        assertFalse(compliance.isOfficer(officer));
        assertEq(compliance.officer(officer).term, 1);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.NotInOffice.selector, officer));
        compliance.dismissOfficer(officer);
        vm.expectEmit(address(compliance));
        emit ICompliance.OfficerAppointed(officer, now48() + 366 days, 1);
        compliance.appointOfficer(officer, now48() + 366 days);
        assertTrue(compliance.isOfficer(officer));
    }

    function test_RevertWhen_InvalidTerm() public {
        vm.startPrank(governance);
        uint256 max = block.timestamp + 366 days;
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidTerm.selector, block.timestamp, max));
        compliance.appointOfficer(stranger, now48());
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidTerm.selector, max + 1, max));
        compliance.appointOfficer(stranger, uint48(max + 1));
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(ICompliance.ZeroAddress.selector);
        vm.prank(governance);
        compliance.appointOfficer(address(0), now48() + 1);
    }

    function test_RevertWhen_AStrangerActsAsOfficer() public {
        bytes[] memory calls = new bytes[](4);
        calls[0] = abi.encodeCall(compliance.setDenyEntry, (client, now48() + 1));
        calls[1] = abi.encodeCall(compliance.setAllowEntry, (client, now48() + 1));
        calls[2] = abi.encodeCall(compliance.setLicenceTerms, (MODEL, ICompliance.LicenceTerms(true, true, false, 0)));
        calls[3] = abi.encodeCall(compliance.revokeAttestation, (client));
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(stranger);
            (bool ok, bytes memory reason) = address(compliance).call(calls[i]);
            assertFalse(ok);
            assertEq(reason, abi.encodeWithSelector(ICompliance.NotOfficer.selector, stranger));
            vm.prank(officer);
            (ok,) = address(compliance).call(calls[i]);
            assertTrue(ok);
            vm.prank(governance);
            (ok,) = address(compliance).call(calls[i]);
            assertTrue(ok);
        }
    }
}

contract ComplianceDenyEntryTest is ComplianceBase {
    function setUp() public override {
        super.setUp();
        turnOn(ICompliance.Policy.DenyList);
    }

    function deny(address account, uint48 until) internal {
        vm.prank(officer);
        compliance.setDenyEntry(account, until);
    }

    function testFuzz_deniesUntilItsSecond(uint48 lasts) public {
        lasts = uint48(bound(lasts, 1, 366 days));
        vm.expectEmit(address(compliance));
        emit ICompliance.DenyEntrySet(client, block.timestamp + lasts, officer);
        deny(client, now48() + lasts);
        assertEq(compliance.deniedUntil(client), now48() + lasts);
        skip(lasts - 1);
        assertTrue(compliance.isDenied(client));
        check_both(refused(ICompliance.AccountDenied.selector, client));
        skip(1);
        assertFalse(compliance.isDenied(client));
        check_both("");
    }

    function test_isTakenBackByZero() public {
        deny(client, now48() + 1 days);
        deny(client, 0);
        check_both("");
    }

    function test_aDeniedOperatorIsRefusedAsANode() public {
        deny(operator, now48() + 1);
        check_session("");
        check_node(refused(ICompliance.AccountDenied.selector, operator));
    }

    function test_isStrongerThanTheAllowList() public {
        turnOn(ICompliance.Policy.AllowList);
        deny(client, now48() + 1);
        vm.prank(officer);
        compliance.setAllowEntry(client, now48() + 1);
        check_both(refused(ICompliance.AccountDenied.selector, client));
    }

    function test_RevertWhen_InvalidTerm() public {
        uint256 max = block.timestamp + 366 days;
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidTerm.selector, max + 1, max));
        compliance.setDenyEntry(client, uint48(max + 1));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidTerm.selector, block.timestamp, max));
        compliance.setDenyEntry(client, now48());
    }

    function test_outlivesTheOfficer() public {
        deny(client, now48() + 1 days);
        vm.prank(governance);
        compliance.dismissOfficer(officer);
        check_both(refused(ICompliance.AccountDenied.selector, client));
    }
}

contract ComplianceAllowEntryTest is ComplianceBase {
    function setUp() public override {
        super.setUp();
        turnOn(ICompliance.Policy.AllowList);
    }

    function testFuzz_allowsUntilItsSecond(uint48 lasts) public {
        lasts = uint48(bound(lasts, 1, 366 days));
        check_both(refused(ICompliance.AccountNotAllowed.selector, client));
        vm.expectEmit(address(compliance));
        emit ICompliance.AllowEntrySet(client, block.timestamp + lasts, officer);
        vm.prank(officer);
        compliance.setAllowEntry(client, now48() + lasts);
        assertEq(compliance.allowedUntil(client), now48() + lasts);
        skip(lasts - 1);
        assertTrue(compliance.isAllowed(client));
        check_both("");
        skip(1);
        assertFalse(compliance.isAllowed(client));
        check_both(refused(ICompliance.AccountNotAllowed.selector, client));
    }

    function test_isTakenBackByZero() public {
        vm.startPrank(officer);
        compliance.setAllowEntry(client, now48() + 1);
        compliance.setAllowEntry(client, 0);
        vm.stopPrank();
        check_both(refused(ICompliance.AccountNotAllowed.selector, client));
    }

    function test_anAllowedOperatorDoesNotStandForItsOwner() public {
        vm.prank(officer);
        compliance.setAllowEntry(operator, now48() + 1);
        check_node(refused(ICompliance.AccountNotAllowed.selector, client));
    }

    function test_RevertWhen_InvalidTerm() public {
        uint256 max = block.timestamp + 366 days;
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidTerm.selector, max + 1, max));
        compliance.setAllowEntry(client, uint48(max + 1));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidTerm.selector, block.timestamp, max));
        compliance.setAllowEntry(client, now48());
    }
}

contract ComplianceProveDeniedTest is ComplianceBase {
    function setUp() public override {
        super.setUp();
        turnOn(ICompliance.Policy.DenyList);
    }

    function test_whoIsOnTheListIsDeniedOnceItIsProven() public {
        denyOnly(client);
        check_both("");
        vm.expectEmit(address(compliance));
        emit ICompliance.ListingProven(client, compliance.denyRoot(), true);
        vm.prank(stranger);
        compliance.proveDenied(client, END, proofOf(gapLeaf(address(0), client)));
        check_both(refused(ICompliance.AccountDenied.selector, client));
        // no officer's entry undoes it
        vm.prank(officer);
        compliance.setDenyEntry(client, 0);
        check_both(refused(ICompliance.AccountDenied.selector, client));
    }

    function test_aNewListFreesWhoIsProvenToBeOffIt() public {
        denyOnly(client);
        compliance.proveDenied(client, END, proofOf(gapLeaf(address(0), client)));
        denyOnly(operator);
        check_session(refused(ICompliance.AccountDenied.selector, client));
        (address low, address high) = client < operator ? (address(0), operator) : (operator, END);
        bytes32 sibling = client < operator ? gapLeaf(operator, END) : gapLeaf(address(0), operator);
        vm.expectEmit(address(compliance));
        emit ICompliance.ListingProven(client, compliance.denyRoot(), false);
        compliance.proveNotDenied(client, low, high, proofOf(sibling));
        check_session("");
    }

    function testFuzz_everybodyIsProvenOnOrOffAndNeverBoth(address listed, address account) public {
        vm.assume(listed != address(0) && listed != END && account != address(0) && account != END);
        denyOnly(listed);
        bytes32[] memory left = proofOf(gapLeaf(listed, END));
        bytes32[] memory right = proofOf(gapLeaf(address(0), listed));
        bytes memory invalid = abi.encodeWithSelector(ICompliance.InvalidProof.selector, account);
        if (account == listed) {
            compliance.proveDenied(account, END, right);
        } else {
            vm.expectRevert(invalid);
            compliance.proveDenied(account, END, right);
        }
        if (account >= listed) vm.expectRevert(invalid);
        compliance.proveNotDenied(account, address(0), listed, left);
        if (account <= listed) vm.expectRevert(invalid);
        compliance.proveNotDenied(account, listed, END, right);
        assertEq(compliance.isDenied(account), account == listed);
    }

    function test_RevertWhen_AListedAccountIsProvenOffByAGapBesideIt() public {
        testFuzz_everybodyIsProvenOnOrOffAndNeverBoth(client, client);
        testFuzz_everybodyIsProvenOnOrOffAndNeverBoth(operator, address(uint160(operator) - 1));
        testFuzz_everybodyIsProvenOnOrOffAndNeverBoth(operator, address(uint160(operator) + 1));
    }

    function test_anEmptyListIsOneGap() public {
        denyOnly(client);
        compliance.proveDenied(client, END, proofOf(gapLeaf(address(0), client)));
        vm.prank(governance);
        compliance.setDenyRoot(gapLeaf(address(0), END));
        compliance.proveNotDenied(client, address(0), END, new bytes32[](0));
        check_both("");
    }

    function test_RevertWhen_NoRoot() public {
        vm.expectRevert(ICompliance.NoRoot.selector);
        compliance.proveDenied(client, END, new bytes32[](0));
        vm.expectRevert(ICompliance.NoRoot.selector);
        compliance.proveNotDenied(client, address(0), END, new bytes32[](0));
        vm.expectRevert(ICompliance.NoRoot.selector);
        compliance.proveAllowed(client, new bytes32[](0));
    }

    function test_RevertWhen_TheGapIsAnotherOrOfAnotherList() public {
        denyOnly(client);
        bytes32[] memory proof = proofOf(gapLeaf(address(0), client));
        bytes memory invalid = abi.encodeWithSelector(ICompliance.InvalidProof.selector, client);
        vm.expectRevert(invalid);
        compliance.proveDenied(client, operator, proof);
        vm.expectRevert(invalid);
        compliance.proveNotDenied(client, address(0), END, proof);
        denyOnly(operator);
        vm.expectRevert(invalid);
        compliance.proveDenied(client, END, proof);
    }

    function test_RevertWhen_TheStartOfTheListIsTakenForAnAccount() public {
        denyOnly(client);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidProof.selector, address(0)));
        compliance.proveDenied(address(0), client, proofOf(gapLeaf(client, END)));
    }
}

contract ComplianceProveAllowedTest is ComplianceBase {
    function leaf(address account) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account))));
    }

    function setUp() public override {
        super.setUp();
        turnOn(ICompliance.Policy.AllowList);
        vm.prank(governance);
        compliance.setAllowRoot(Hashes.commutativeKeccak256(leaf(client), leaf(stranger)));
    }

    function test_holdsUnderThisRootOnly() public {
        vm.expectEmit(address(compliance));
        emit ICompliance.AllowanceProven(client, compliance.allowRoot());
        compliance.proveAllowed(client, proofOf(leaf(stranger)));
        check_both("");
        vm.startPrank(governance);
        compliance.setAllowRoot("other");
        vm.stopPrank();
        check_both(refused(ICompliance.AccountNotAllowed.selector, client));
        vm.prank(governance);
        compliance.setAllowRoot(0);
        check_both(refused(ICompliance.AccountNotAllowed.selector, client));
    }

    function testFuzz_RevertWhen_InvalidProof(address account) public {
        vm.assume(account != client && account != stranger);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidProof.selector, account));
        compliance.proveAllowed(account, proofOf(leaf(stranger)));
    }
}

contract ComplianceAttestTest is ComplianceBase {
    function setUp() public override {
        super.setUp();
        turnOn(ICompliance.Policy.Jurisdiction);
    }

    function testFuzz_holdsUntilItsSecond(uint256 bits, bool nonCommercial, uint48 age, uint48 lasts) public {
        bits = bound(bits, 1, type(uint256).max);
        age = uint48(bound(age, 0, 366 days - 1));
        lasts = uint48(bound(lasts, 1, 366 days - age));
        JurisdictionAttestation memory a =
            JurisdictionAttestation(client, bits, nonCommercial, now48() - age, now48() + lasts);
        check_both(refused(ICompliance.NotAttested.selector, client));
        vm.expectEmit(address(compliance));
        emit ICompliance.Attested(client, officer, bits, nonCommercial, a.expiresAt);
        vm.prank(stranger);
        attest(officerKey, a);
        ICompliance.Attestation memory kept = compliance.attestation(client);
        assertEq(kept.jurisdictions, bits);
        assertEq(kept.officer, officer);
        assertEq(kept.term, 0);
        assertEq(kept.issuedAt, a.issuedAt);
        assertEq(kept.expiresAt, a.expiresAt);
        assertEq(kept.nonCommercial, nonCommercial);
        skip(lasts - 1);
        assertTrue(compliance.isAttested(client));
        check_both("");
        skip(1);
        assertFalse(compliance.isAttested(client));
        check_both(refused(ICompliance.NotAttested.selector, client));
    }

    function testFuzz_deniesEveryBitThatIsDenied(uint256 bits, uint256 denied) public {
        bits = bound(bits, 1, type(uint256).max);
        attest(officerKey, statementOf(bits));
        vm.prank(governance);
        compliance.setDeniedJurisdictions(denied);
        if (bits & denied == 0) check_both("");
        else check_both(abi.encodeWithSelector(ICompliance.JurisdictionDenied.selector, client, bits & denied));
    }

    function test_theDigestIsEip712() public view {
        JurisdictionAttestation memory a = statementOf(BIT_A);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "JurisdictionAttestation(address account,uint256 jurisdictions,bool nonCommercial,uint48 issuedAt,uint48 expiresAt)"
                ),
                a.account,
                a.jurisdictions,
                a.nonCommercial,
                a.issuedAt,
                a.expiresAt
            )
        );
        assertEq(compliance.attestationDigest(a), typedDigest(address(compliance), structHash));
    }

    function testFuzz_RevertWhen_NotSignedByAnOfficer(uint256 key) public {
        key = boundPrivateKey(key);
        vm.assume(key != officerKey);
        expectAttestRevert(
            key, statementOf(BIT_A), abi.encodeWithSelector(ICompliance.NotOfficer.selector, vm.addr(key))
        );
    }

    function testFuzz_RevertWhen_OneFieldIsNotWhatWasSigned(uint8 field) public {
        JurisdictionAttestation memory a = statementOf(BIT_A);
        bytes memory signature = sign(officerKey, compliance.attestationDigest(a));
        if (field % 5 == 0) a.account = stranger;
        else if (field % 5 == 1) a.jurisdictions = BIT_B;
        else if (field % 5 == 2) a.nonCommercial = true;
        else if (field % 5 == 3) --a.issuedAt;
        else --a.expiresAt;
        vm.expectPartialRevert(ICompliance.NotOfficer.selector);
        compliance.attest(a, signature);
    }

    function test_RevertWhen_SignedForAnotherContract() public {
        JurisdictionAttestation memory a = statementOf(BIT_A);
        bytes memory signature = sign(officerKey, new Compliance(governance).attestationDigest(a));
        vm.expectPartialRevert(ICompliance.NotOfficer.selector);
        compliance.attest(a, signature);
    }

    function test_RevertWhen_InvalidSignature() public {
        JurisdictionAttestation memory a = statementOf(BIT_A);
        bytes memory signature = sign(officerKey, compliance.attestationDigest(a));
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        compliance.attest(a, highS(signature));
    }

    function test_RevertWhen_TheOfficersTermEnded() public {
        skip(100 days);
        bytes memory reason = abi.encodeWithSelector(ICompliance.NotOfficer.selector, officer);
        expectAttestRevert(officerKey, statementOf(BIT_A), reason);
    }

    function test_outlivesTheOfficersTermButNotItsDismissal() public {
        skip(100 days - 1);
        attest(officerKey, statementOf(BIT_A));
        skip(1);
        assertFalse(compliance.isOfficer(officer));
        check_both("");
        vm.startPrank(governance);
        compliance.dismissOfficer(officer);
        vm.stopPrank();
        check_both(refused(ICompliance.NotAttested.selector, client));
        vm.prank(governance);
        compliance.appointOfficer(officer, now48() + 1 days);
        check_both(refused(ICompliance.NotAttested.selector, client));
        attest(officerKey, statementOf(BIT_A));
        assertEq(compliance.attestation(client).term, 1);
        check_both("");
    }

    function test_anExtendedTermKeepsWhatWasAttested() public {
        attest(officerKey, statementOf(BIT_A));
        vm.prank(governance);
        compliance.appointOfficer(officer, now48() + 200 days);
        check_both("");
    }

    function test_RevertWhen_AnOlderStatementIsSentAfterALaterOne() public {
        JurisdictionAttestation memory old = statementOf(BIT_A);
        skip(1);
        attest(officerKey, statementOf(BIT_B));
        bytes memory reason =
            abi.encodeWithSelector(ICompliance.StatementNotNewer.selector, now48() - 1, block.timestamp);
        expectAttestRevert(officerKey, old, reason);
        reason = abi.encodeWithSelector(ICompliance.StatementNotNewer.selector, block.timestamp, block.timestamp);
        expectAttestRevert(officerKey, statementOf(BIT_A), reason);
        skip(1);
        attest(officerKey, statementOf(BIT_A));
        assertEq(compliance.attestation(client).jurisdictions, BIT_A);
    }

    function expectInvalid(JurisdictionAttestation memory a, string memory field) internal {
        expectAttestRevert(officerKey, a, abi.encodeWithSelector(ICompliance.InvalidStatement.selector, field));
    }

    function test_RevertWhen_InvalidStatement() public {
        JurisdictionAttestation memory a = statementOf(BIT_A);
        a.account = address(0);
        expectInvalid(a, "account");
        expectInvalid(statementOf(0), "jurisdictions");
        a = statementOf(BIT_A);
        ++a.issuedAt;
        expectInvalid(a, "issuedAt");
        a = statementOf(BIT_A);
        a.expiresAt = now48();
        expectInvalid(a, "expiresAt");
        a.expiresAt = a.issuedAt + 366 days + 1;
        expectInvalid(a, "expiresAt");
        a.expiresAt = a.issuedAt + 366 days;
        attest(officerKey, a);
    }
}

contract ComplianceRevokeAttestationTest is ComplianceBase {
    function test_voidsWhatWasSignedUntilNow() public {
        turnOn(ICompliance.Policy.Jurisdiction);
        attest(officerKey, statementOf(BIT_A));
        JurisdictionAttestation memory spare = statementOf(BIT_B);
        spare.issuedAt += 5;
        skip(5);
        vm.expectEmit(address(compliance));
        emit ICompliance.AttestationRevoked(client, officer);
        vm.prank(officer);
        compliance.revokeAttestation(client);
        check_both(refused(ICompliance.NotAttested.selector, client));
        assertEq(compliance.attestation(client).jurisdictions, 0);
        expectAttestRevert(
            officerKey,
            spare,
            abi.encodeWithSelector(ICompliance.StatementNotNewer.selector, block.timestamp, block.timestamp)
        );
        skip(1);
        attest(officerKey, statementOf(BIT_B));
        check_both("");
    }
}

contract ComplianceLicenceTest is ComplianceBase {
    function setUp() public override {
        super.setUp();
        turnOn(ICompliance.Policy.Licence);
    }

    function set(bool commercialUse, bool requiresAttestation, uint256 denied) internal {
        ICompliance.LicenceTerms memory terms =
            ICompliance.LicenceTerms(true, commercialUse, requiresAttestation, denied);
        vm.expectEmit(address(compliance));
        emit ICompliance.LicenceTermsSet(MODEL, terms, officer);
        vm.prank(officer);
        compliance.setLicenceTerms(MODEL, terms);
        assertEq(abi.encode(compliance.licenceTerms(MODEL)), abi.encode(terms));
    }

    function test_aModelThatNobodyLookedAtIsRefused() public {
        check_session(abi.encodeWithSelector(ICompliance.LicenceUnknown.selector, MODEL));
        check_node("");
        set(true, false, 0);
        check_session("");
    }

    function test_commercialUseThatIsNotAllowed() public {
        set(false, false, 0);
        bytes memory refusal = abi.encodeWithSelector(ICompliance.CommercialUseDenied.selector, MODEL, client);
        check_session(refusal);
        JurisdictionAttestation memory a = statementOf(BIT_A);
        attest(officerKey, a);
        check_session(refusal);
        skip(1);
        a = statementOf(BIT_A);
        a.nonCommercial = true;
        attest(officerKey, a);
        check_session("");
        skip(30 days);
        check_session(refusal);
    }

    function test_attestationThatIsRequired() public {
        set(true, true, 0);
        check_session(refused(ICompliance.NotAttested.selector, client));
        attest(officerKey, statementOf(BIT_A));
        check_session("");
        skip(30 days);
        check_session(refused(ICompliance.NotAttested.selector, client));
    }

    function test_jurisdictionsThatAreDeniedForTheModel() public {
        set(true, false, BIT_B | 1);
        check_session(refused(ICompliance.NotAttested.selector, client));
        attest(officerKey, statementOf(BIT_A | BIT_B));
        check_session(abi.encodeWithSelector(ICompliance.ModelDeniedInJurisdiction.selector, MODEL, BIT_B));
        skip(1);
        attest(officerKey, statementOf(BIT_A));
        check_session("");
    }

    function test_theAccountIsLookedAtFirst() public {
        turnOn(ICompliance.Policy.DenyList);
        vm.prank(officer);
        compliance.setDenyEntry(client, now48() + 1);
        check_session(refused(ICompliance.AccountDenied.selector, client));
    }
}

contract ComplianceNextTest is ComplianceBase {
    SettableAdmission internal admission;

    function setUp() public override {
        super.setUp();
        admission = new SettableAdmission();
    }

    function setNext(address next) internal {
        vm.prank(governance);
        compliance.setNext(IAdmission(next));
    }

    function test_bothMustAgree() public {
        vm.expectEmit(address(compliance));
        emit ICompliance.NextSet(admission);
        setNext(address(admission));
        assertEq(address(compliance.next()), address(admission));
        check_both("");
        admission.set(true);
        check_session(refused(SettableAdmission.Refused.selector, client));
        check_node(abi.encodeWithSelector(SettableAdmission.RefusedRoles.selector, Roles.MINER));
        // the own reason comes first
        turnOn(ICompliance.Policy.AllowList);
        check_both(refused(ICompliance.AccountNotAllowed.selector, client));
        vm.prank(officer);
        compliance.setAllowEntry(client, now48() + 1);
        check_session(refused(SettableAdmission.Refused.selector, client));
        setNext(address(0));
        check_both("");
    }

    function test_twoOfAKindCompose() public {
        Compliance second = new Compliance(governance);
        setNext(address(second));
        vm.prank(governance);
        second.setPolicy(ICompliance.Policy.AllowList, true);
        check_both(refused(ICompliance.AccountNotAllowed.selector, client));
    }

    function test_RevertWhen_InvalidNext() public {
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidNext.selector, address(compliance)));
        setNext(address(compliance));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.InvalidNext.selector, stranger));
        setNext(stranger);
    }

    /// @dev A next admission that answers nonsense, or nothing, is a refusal and no revert.
    function test_checksNeverRevert() public {
        setNext(address(this));
        (bool ok, bytes4 reason) = compliance.checkSession(client, MODEL);
        assertFalse(ok);
        assertEq(reason, bytes4(0));
        (ok, reason) = compliance.checkNode(client, operator, 0);
        assertFalse(ok);
        assertEq(reason, bytes4(0));
    }

    function testFuzz_checksSayWhatTheRequirementsDo(
        address account,
        bytes32 model,
        uint8 policies,
        bool denied,
        bool allowed,
        bool attested,
        bool refuses
    ) public {
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(governance);
            compliance.setPolicy(ICompliance.Policy(i), policies >> i & 1 == 1);
        }
        vm.startPrank(officer);
        if (denied) compliance.setDenyEntry(account, now48() + 1);
        if (allowed) compliance.setAllowEntry(account, now48() + 1);
        vm.stopPrank();
        if (attested && account != address(0)) {
            JurisdictionAttestation memory a = statementOf(1);
            a.account = account;
            attest(officerKey, a);
        }
        setNext(address(admission));
        admission.set(refuses);
        (bool ok, bytes4 reason) = compliance.checkSession(account, model);
        (bool passed, bytes memory data) =
            address(compliance).staticcall(abi.encodeCall(IAdmission.requireSession, (account, model)));
        assertEq(ok, passed);
        assertEq(reason, bytes4(data));
        (ok, reason) = compliance.checkNode(account, operator, Roles.MINER);
        (passed, data) =
            address(compliance).staticcall(abi.encodeCall(IAdmission.requireNode, (account, operator, Roles.MINER)));
        assertEq(ok, passed);
        assertEq(reason, bytes4(data));
    }
}
