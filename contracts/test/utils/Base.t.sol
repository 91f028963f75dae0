// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../../src/interfaces/IAdmission.sol";
import { INodeRegistry } from "../../src/interfaces/INodeRegistry.sol";
import { IParameters } from "../../src/interfaces/IParameters.sol";
import { ISessionManager } from "../../src/interfaces/ISessionManager.sol";
import { IStakeSource } from "../../src/interfaces/IStakeSource.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { Parameters } from "../../src/l1/Parameters.sol";
import { StakeVault } from "../../src/l1/StakeVault.sol";
import { NodeRegistry } from "../../src/l2/NodeRegistry.sol";
import { SessionManager } from "../../src/l2/SessionManager.sol";
import { Settlement } from "../../src/l2/Settlement.sol";
import { SumTree } from "../../src/libraries/SumTree.sol";
import { EpochRoot } from "../../src/types/Attestation.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { ParameterDefaults } from "../../src/types/ParameterDefaults.sol";
import { Receipt as TaskReceipt } from "../../src/types/Receipt.sol";
import { Roles } from "../../src/types/Roles.sol";
import { Voucher, VoucherDebit } from "../../src/types/Voucher.sol";
import { MockParameters } from "./MockParameters.sol";
import { Test } from "forge-std/Test.sol";

/// @notice The contracts deployed as in production, with actors and the ways they sign.
abstract contract Base is Test {
    uint256 internal constant SUPPLY = 1_000_000 ether;
    uint256 internal constant EPOCH = 1 hours;
    uint256 internal constant UNBONDING = 7 days;
    uint256 internal constant APPEAL = 2 days;
    uint256 internal constant REPORTER_BPS = 2000;
    uint256 internal constant THAW = 1 days;
    uint256 internal constant CHALLENGE = 1 hours;
    uint256 internal constant SNAPSHOT_AGE_MAX = 1 days;
    uint256 internal constant EPOCH_SECONDS = 60;
    uint256 internal constant DATA_SECONDS = 10 minutes;
    uint256 internal constant DATA_BOND = 7 ether;
    uint128 internal constant MIN_STAKE = 100 ether;
    bytes32 internal constant MODEL = "model";
    bytes internal constant PEER_ID = hex"002408011220";

    CorToken internal token;
    Parameters internal parameters;
    /// @dev What the contracts of the lower layer read here: tests set it at will, without bounds and rules.
    MockParameters internal numbers;
    StakeVault internal vault;
    NodeRegistry internal registry;
    SessionManager internal sessions;
    Settlement internal settlement;

    address internal holder = makeAddr("holder");
    address internal governance = makeAddr("governance");
    address internal slasher = makeAddr("slasher");
    address internal treasury = makeAddr("treasury");
    address internal reputation = makeAddr("reputation");
    address internal stranger = makeAddr("stranger");
    address internal client;
    uint256 internal clientKey;
    address internal spender;
    uint256 internal spenderKey;
    address internal oracle;
    uint256 internal oracleKey;
    uint256[3] internal guardKeys;
    uint256 private opened;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        (client, clientKey) = makeAddrAndKey("client");
        (spender, spenderKey) = makeAddrAndKey("spender");
        (oracle, oracleKey) = makeAddrAndKey("oracle");
        for (uint256 i = 0; i < 3; ++i) {
            (, guardKeys[i]) = makeAddrAndKey(string.concat("guard", vm.toString(i)));
        }
        numbers = new MockParameters(EPOCH_SECONDS);
        numbers.put(Parameter.ChallengeSeconds, CHALLENGE);
        numbers.put(Parameter.SnapshotAgeMaxSeconds, SNAPSHOT_AGE_MAX);
        numbers.put(Parameter.DataSeconds, DATA_SECONDS);
        numbers.put(Parameter.DataBondWei, DATA_BOND);
        numbers.put(Parameter.RouterBps, 500);
        numbers.put(Parameter.GuardsBps, 300);
        numbers.put(Parameter.OracleBps, 100);
        numbers.put(Parameter.TreasuryBps, 110);
        numbers.put(Parameter.ThawSeconds, THAW);
        numbers.put(Parameter.MinStakeRouterWei, MIN_STAKE);
        numbers.put(Parameter.MinStakeMinerWei, MIN_STAKE);
        numbers.put(Parameter.MinStakeGuardWei, MIN_STAKE);
        numbers.put(Parameter.MinStakeOracleWei, MIN_STAKE);
        uint64 nonce = vm.getNonce(address(this));
        token = new CorToken(holder, SUPPLY);
        parameters = new Parameters(governance, EPOCH, definitions());
        vault = new StakeVault(
            token, NodeRegistry(vm.computeCreateAddress(address(this), nonce + 3)), slasher, parameters
        );
        IParameters read = lowerParameters();
        registry = new NodeRegistry(IStakeSource(address(vault)), read, IAdmission(address(0)), reputation);
        sessions = new SessionManager(token, read, IAdmission(address(0)));
        settlement = new Settlement(token, registry, sessions, read, treasury);

        vm.startPrank(holder);
        token.transfer(client, 100_000 ether);
        token.approve(address(vault), type(uint256).max);
        vm.stopPrank();
        vm.prank(client);
        token.approve(address(sessions), type(uint256).max);
    }

    /// @dev What the contracts of the lower layer read.
    function lowerParameters() internal virtual returns (IParameters) {
        return numbers;
    }

    /// @dev The shipped table, with the numbers of the tests.
    function definitions() internal pure virtual returns (IParameters.Definition[] memory d) {
        d = ParameterDefaults.definitions();
        d[uint256(Parameter.UnbondingSeconds)].value = uint208(UNBONDING);
        d[uint256(Parameter.SlashAppealSeconds)].value = uint208(APPEAL);
        d[uint256(Parameter.ReporterBps)].value = uint208(REPORTER_BPS);
        d[uint256(Parameter.ThawSeconds)].value = uint208(THAW);
        d[uint256(Parameter.ChallengeSeconds)].value = uint208(CHALLENGE);
        d[uint256(Parameter.SnapshotAgeMaxSeconds)].value = uint208(SNAPSHOT_AGE_MAX);
        d[uint256(Parameter.MinStakeRouterWei)].value = MIN_STAKE;
        d[uint256(Parameter.MinStakeMinerWei)].value = MIN_STAKE;
        d[uint256(Parameter.MinStakeGuardWei)] = IParameters.Definition(MIN_STAKE, MIN_STAKE, 50_000 ether);
        d[uint256(Parameter.MinStakeOracleWei)] = IParameters.Definition(MIN_STAKE, MIN_STAKE, 100_000 ether);
    }

    /// @dev Sets a value and goes to the first second of the epoch in which it holds.
    function govern(Parameter parameter, uint256 value) internal {
        vm.prank(governance);
        parameters.set(parameter, value);
        vm.warp((block.timestamp / EPOCH + 1) * EPOCH);
    }

    function stake(address operator, uint256 amount) internal {
        vm.prank(holder);
        vault.stake(operator, amount);
    }

    function registration(address operator, uint32 roles) internal pure returns (INodeRegistry.Registration memory) {
        return INodeRegistry.Registration(operator, PEER_ID, roles, keccak256("encryption"), keccak256("endpoints"));
    }

    function consentOf(uint256 key, address owner, INodeRegistry.Registration memory r, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                registry.CONSENT_TYPEHASH(),
                owner,
                r.operator,
                keccak256(r.peerId),
                r.roles,
                r.encryptionKey,
                r.endpoints,
                registry.consentNonce(r.operator),
                deadline
            )
        );
        return sign(key, keccak256(abi.encodePacked(hex"1901", domainOf(address(registry)), structHash)));
    }

    function register(uint256 key, uint32 roles, uint256 amount) internal returns (address operator) {
        operator = vm.addr(key);
        stake(operator, amount);
        INodeRegistry.Registration memory r = registration(operator, roles);
        bytes memory consent = consentOf(key, holder, r, block.timestamp);
        vm.prank(holder);
        registry.register(r, block.timestamp, consent);
    }

    /// @dev An oracle and three guards of equal stake, one second ago.
    function registerCommittee() internal {
        register(oracleKey, Roles.ORACLE, MIN_STAKE);
        for (uint256 i = 0; i < 3; ++i) {
            register(guardKeys[i], Roles.GUARD, MIN_STAKE);
        }
        skip(1);
    }

    function termsOf(uint256 deposit) internal view returns (ISessionManager.OpenTerms memory terms) {
        terms.model = MODEL;
        terms.spender = spender;
        terms.allowance = deposit / 2;
        terms.promptPriceMax = 1 ether;
        terms.completionPriceMax = 2 ether;
        terms.expiry = uint64(block.timestamp + 30 days);
        terms.deposit = deposit;
        terms.nodesMin = 1;
        terms.nodesMax = 1;
        terms.redundancy = 1;
        terms.validators = 3;
        terms.name = "name";
    }

    /// @dev Another session each time.
    function open(uint256 deposit) internal returns (bytes32) {
        ISessionManager.OpenTerms memory terms = termsOf(deposit);
        terms.salt = bytes32(++opened);
        vm.prank(client);
        return sessions.open(terms);
    }

    function debitOf(uint256 key, bytes32 session, address payee, uint256 promised, uint256 debit)
        internal
        view
        returns (VoucherDebit memory)
    {
        Voucher memory v = Voucher(session, payee, promised, 1, 0);
        return VoucherDebit(v, sign(key, sessions.voucherDigest(v)), debit);
    }

    function single(VoucherDebit memory d) internal pure returns (VoucherDebit[] memory debits) {
        debits = new VoucherDebit[](1);
        debits[0] = d;
    }

    function attest(EpochRoot memory e, VoucherDebit[] memory debits, uint256 count)
        internal
        view
        returns (bytes[] memory)
    {
        uint256[] memory keys = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            keys[i] = guardKeys[i];
        }
        return signSorted(keys, settlement.attestationDigest(e, settlement.hashDebits(debits)));
    }

    function signSorted(uint256[] memory keys, bytes32 digest) internal pure returns (bytes[] memory signatures) {
        for (uint256 i = 1; i < keys.length; ++i) {
            for (uint256 j = i; j > 0 && vm.addr(keys[j]) < vm.addr(keys[j - 1]); --j) {
                (keys[j], keys[j - 1]) = (keys[j - 1], keys[j]);
            }
        }
        signatures = new bytes[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            signatures[i] = sign(keys[i], digest);
        }
    }

    /// @dev Root that the next epoch must build on.
    function latestRoot() internal view returns (bytes32) {
        return settlement.posted(settlement.standingEpoch()).root;
    }

    /// @dev A receipt whose bill is `cost`.
    function receiptOf(bytes32 task, uint128 cost) internal pure returns (TaskReceipt memory r) {
        r.task = task;
        r.model = MODEL;
        r.completionTokens = 1000;
        r.completionPrice = cost;
    }

    /// @dev EIP-712 struct hash, spelled out.
    function hashOf(TaskReceipt memory r) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "Receipt(bytes32 task,bytes32 session,bytes32 model,address miner,uint32 promptTokens,uint32 completionTokens,bytes32 promptCommit,bytes32 outputRoot,bytes32 sampling,uint128 promptPrice,uint128 completionPrice,uint64 startedAt,uint64 endedAt,bytes32 numericsProfile)"
                ),
                r
            )
        );
    }

    /// @dev An epoch on the latest root that bills one task, named after the epoch, and pays all to one account.
    function epochFor(uint64 epoch, address account, uint256 cumulative) internal view returns (EpochRoot memory e) {
        uint128 total = uint128(cumulative);
        uint128 cost = total - settlement.posted(settlement.standingEpoch()).total;
        e.epoch = epoch;
        e.root = SumTree.payoutLeaf(account, total);
        e.base = latestRoot();
        e.total = total;
        e.payouts = 1;
        e.tasksRoot = SumTree.taskLeaf(bytes32(uint256(epoch)), hashOf(receiptOf(bytes32(uint256(epoch)), cost)), cost);
        e.tasksTotal = cost;
        e.tasks = 1;
    }

    /// @dev Settles what a session owes more as one payout of `account`, which has `cumulative` in total.
    function settleOne(uint64 epoch, bytes32 session, uint256 cumulativeDebit, address account, uint256 cumulative)
        internal
    {
        EpochRoot memory e = epochFor(epoch, account, cumulative);
        VoucherDebit[] memory debits =
            single(debitOf(clientKey, session, address(settlement), cumulativeDebit, cumulativeDebit));
        bytes[] memory signatures = attest(e, debits, 3);
        vm.prank(oracle);
        settlement.settle(e, debits, block.timestamp - 1, signatures);
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function domainOf(address verifying) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("cortensord"),
                keccak256("1"),
                block.chainid,
                verifying
            )
        );
    }
}
