// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochManager } from "../../src/interfaces/IEpochManager.sol";
import { IRegistryLevels } from "../../src/interfaces/IRegistryLevels.sol";
import { IRoleRegistry } from "../../src/interfaces/IRoleRegistry.sol";
import { ISlasher } from "../../src/interfaces/ISlasher.sol";
import { IWeights } from "../../src/interfaces/IWeights.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { MockParameters } from "./MockParameters.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import { Test } from "forge-std/Test.sol";

/// @notice A registry whose entries a test sets as it likes; weights are real snapshots.
contract MockRegistry is IRoleRegistry, IRegistryLevels {
    using Checkpoints for Checkpoints.Trace208;

    mapping(address operator => mapping(uint32 role => Checkpoints.Trace208)) private _weights;
    mapping(uint32 role => Checkpoints.Trace208) private _totals;
    mapping(address operator => mapping(uint32 role => bool)) public isActive;
    mapping(address operator => address) public ownerOf;
    mapping(address operator => uint8) public levelOf;
    uint256 public levelsSet;

    function set(address operator, address owner, uint32 role, uint208 weight) external {
        ownerOf[operator] = owner;
        isActive[operator][role] = weight != 0;
        uint208 before = _weights[operator][role].latest();
        _weights[operator][role].push(uint48(block.timestamp), weight);
        _totals[role].push(uint48(block.timestamp), _totals[role].latest() - before + weight);
    }

    function setActive(address operator, uint32 role, bool active) external {
        isActive[operator][role] = active;
    }

    function setOwner(address operator, address owner) external {
        ownerOf[operator] = owner;
    }

    function setLevel(address operator, uint8 level) external {
        levelOf[operator] = level;
        ++levelsSet;
    }

    /// @inheritdoc IWeights
    function weightAt(address operator, uint32 role, uint256 timestamp) external view returns (uint256) {
        if (timestamp >= block.timestamp) revert NotYetPast(timestamp);
        return _weights[operator][role].upperLookupRecent(uint48(timestamp));
    }

    /// @inheritdoc IWeights
    function totalWeightAt(uint32 role, uint256 timestamp) external view returns (uint256) {
        if (timestamp >= block.timestamp) revert NotYetPast(timestamp);
        return _totals[role].upperLookupRecent(uint48(timestamp));
    }
}

/// @notice Remembers what was proposed and cancelled; refuses when told to.
contract MockSlasher is ISlasher {
    struct Proposal {
        address owner;
        address operator;
        uint256 amount;
        address reporter;
        bool cancelled;
    }

    mapping(bytes32 caseId => Proposal) public proposals;
    uint256 public count;
    bool public refusing;

    error Refused();
    error CaseExists();
    error NoCase();

    function refuse(bool refusing_) external {
        refusing = refusing_;
    }

    function proposeSlash(bytes32 caseId, address owner, address operator, uint256 amount, address reporter) external {
        if (refusing) revert Refused();
        if (proposals[caseId].operator != address(0)) revert CaseExists();
        proposals[caseId] = Proposal(owner, operator, amount, reporter, false);
        ++count;
    }

    function cancelSlash(bytes32 caseId) external {
        if (refusing) revert Refused();
        if (proposals[caseId].operator == address(0)) revert NoCase();
        proposals[caseId].cancelled = true;
    }
}

contract MockToken is ERC20 {
    constructor() ERC20("COR", "COR") { }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice A beacon of which a test says what it knows.
contract MockEpochs {
    MockParameters public immutable parameters;
    mapping(uint64 epoch => bool) public derived;
    bool public late;
    bytes32 public salt;

    error NoRandomness(uint64 epoch);

    constructor(MockParameters parameters_) {
        parameters = parameters_;
    }

    function setDerived(uint64 epoch, bool derived_) external {
        derived[epoch] = derived_;
    }

    /// @notice Whether the reveals of the next epoch have begun.
    function setLate(bool late_) external {
        late = late_;
    }

    function setSalt(bytes32 salt_) external {
        salt = salt_;
    }

    function randomness(uint64 epoch) external view returns (bytes32) {
        if (epoch > parameters.currentEpoch()) revert NoRandomness(epoch);
        return keccak256(abi.encode(epoch, salt));
    }

    function unknownEpoch() external view returns (uint64) {
        return parameters.currentEpoch() + (late ? 2 : 1);
    }
}

/// @notice Mocks deployed, the parameters of a short network, and signing.
abstract contract WorkBase is Test {
    uint256 internal constant EPOCH = 1000;
    uint256 internal constant START = 1_700_000_000; // an epoch's first second

    MockRegistry internal registry;
    MockParameters internal parameters;
    MockSlasher internal slasher;
    MockToken internal token;
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(100);
        registry = new MockRegistry();
        parameters = new MockParameters(EPOCH);
        slasher = new MockSlasher();
        token = new MockToken();
        parameters.put(Parameter.BeaconCommitSeconds, 300);
        parameters.put(Parameter.BeaconRevealSeconds, 200);
        parameters.put(Parameter.LeaderSeconds, 100);
        parameters.put(Parameter.DisputeBondWei, 100 ether);
        parameters.put(Parameter.DisputeCommitSeconds, 60);
        parameters.put(Parameter.DisputeRevealSeconds, 40);
        parameters.put(Parameter.CommitteeSize, 5);
        parameters.put(Parameter.AppealSeconds, 500);
        parameters.put(Parameter.AppealBondWei, 500 ether);
        parameters.put(Parameter.AppealCommitteeSize, 11);
        parameters.put(Parameter.SlashInvalidBps, 2000);
        parameters.put(Parameter.SlashEquivocationBps, 5000);
        parameters.put(Parameter.SlashSilenceBps, 100);
        parameters.put(Parameter.SlashAppealSeconds, 2701);
        parameters.put(Parameter.CheckpointChallengeSeconds, 100);
        parameters.put(Parameter.MinStakeMinerWei, 1000 ether);
        parameters.put(Parameter.MinStakeGuardWei, 5000 ether);
        parameters.put(Parameter.MinStakeOracleWei, 10_000 ether);
        parameters.put(Parameter.SnapshotAgeMaxSeconds, 600);
        parameters.put(Parameter.UsefulWorkStepSeconds, 50);
        parameters.put(Parameter.UsefulWorkCooldownSeconds, 400);
        parameters.put(Parameter.UsefulWorkReassignMax, 2);
    }

    function epochNow() internal view returns (uint64) {
        return uint64(block.timestamp / EPOCH);
    }

    function epochsOf(MockEpochs mock) internal pure returns (IEpochManager) {
        return IEpochManager(address(mock));
    }

    function domainOf(uint256 chainId, address verifying) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("cortensord"),
                keccak256("1"),
                chainId,
                verifying
            )
        );
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The same signature with the other s: what a wallet must not sign and a contract must not take.
    function malleable(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        return abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
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
}
