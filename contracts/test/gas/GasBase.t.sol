// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../../src/interfaces/IParameters.sol";
import { IRoleRegistry } from "../../src/interfaces/IRoleRegistry.sol";
import { EpochManager } from "../../src/l2/EpochManager.sol";
import { Reputation } from "../../src/l2/Reputation.sol";
import { Validation } from "../../src/l2/Validation.sol";
import { ParameterDefaults } from "../../src/types/ParameterDefaults.sol";
import { Roles } from "../../src/types/Roles.sol";
import { Base, TaskReceipt } from "../utils/Base.t.sol";

/// @notice Every contract is the real one, with the shipped parameters: ten guards of equal stake, of whom seven sign.
///         A recorded transaction is a whole one, with its 21,000 gas and its calldata.
abstract contract GasBase is Base {
    uint256 internal constant GUARDS = 10;
    uint256 internal constant SIGNERS = 7;
    uint256 internal constant STAKE = 10_000 ether;

    Reputation internal ranking;
    EpochManager internal epochs;
    Validation internal validation;
    uint256[] internal committee;

    function setUp() public virtual override {
        vm.roll(100);
        super.setUp();
        // Registry and vault name these two, which are deployed after them.
        ranking = Reputation(reputation);
        deployCodeTo("Reputation.sol:Reputation", abi.encode(registry, registry, parameters), reputation);
        epochs = new EpochManager(IRoleRegistry(address(registry)), parameters);
        validation = Validation(slasher);
        deployCodeTo(
            "Validation.sol:Validation",
            abi.encode(token, registry, parameters, epochs, vault, settlement, 1, address(0)),
            slasher
        );
        register(oracleKey, Roles.ORACLE, STAKE);
        for (uint256 i = 0; i < GUARDS; ++i) {
            skip(1);
            (, uint256 key) = makeAddrAndKey(string.concat("committee", vm.toString(i)));
            committee.push(key);
            register(key, Roles.GUARD, STAKE);
        }
        skip(1);
    }

    function lowerParameters() internal view override returns (IParameters) {
        return parameters;
    }

    function definitions() internal pure override returns (IParameters.Definition[] memory) {
        return ParameterDefaults.definitions();
    }

    /// @dev Signatures of just more than two thirds of the guards.
    function quorum(bytes32 digest) internal view returns (bytes[] memory) {
        uint256[] memory keys = new uint256[](SIGNERS);
        for (uint256 i = 0; i < SIGNERS; ++i) {
            keys[i] = committee[i];
        }
        return signSorted(keys, digest);
    }

    /// @dev A receipt with every field set.
    function fullReceipt(bytes32 task, address miner) internal view returns (TaskReceipt memory) {
        return TaskReceipt({
            task: task,
            session: keccak256("session"),
            model: keccak256("model"),
            miner: miner,
            promptTokens: 513,
            completionTokens: 1027,
            promptCommit: keccak256("prompt"),
            outputRoot: keccak256("output"),
            sampling: keccak256("sampling"),
            promptPrice: 123_456_789_012_345,
            completionPrice: 345_678_901_234_567,
            startedAt: uint64(block.timestamp * 1000),
            endedAt: uint64(block.timestamp * 1000 + 999),
            numericsProfile: keccak256("fp32")
        });
    }

    /// @dev What a transaction costs before it runs (EIP-2028).
    function intrinsicGas(bytes memory data) internal pure returns (uint256 gas) {
        gas = 21_000;
        for (uint256 i = 0; i < data.length; ++i) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    /// @dev Keeps what the last call cost as a transaction.
    function record(string memory group, string memory name) internal {
        vm.snapshotGasLastCall(group, name);
    }
}
