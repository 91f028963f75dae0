// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IModelMarketplace } from "../interfaces/IModelMarketplace.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { Parameter } from "../types/Parameter.sol";
import { ERC1155 } from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import { IERC1155 } from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import { ERC1155Supply } from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Supply.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title ModelMarketplace
/// @notice See {IModelMarketplace}. Passes have no metadata document: `pass` says what a token id stands for.
contract ModelMarketplace is IModelMarketplace, ERC1155Supply, ReentrancyGuardTransient {
    using Checkpoints for Checkpoints.Trace208;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    struct Rating {
        uint128 sum;
        uint128 count;
    }

    uint256 public constant CID_BYTES_MAX = 64;
    uint256 public constant STARS_MAX = 5;
    /// @notice Kinds of passes that one transfer may move.
    uint256 public constant PASSES_PER_TRANSFER_MAX = 64;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IModelMarketplace
    IERC20 public immutable token;
    /// @inheritdoc IModelMarketplace
    IParameters public immutable parameters;
    /// @inheritdoc IModelMarketplace
    address public immutable treasury;

    mapping(bytes32 model => Listing) private _listings;
    /// @dev By epoch, so that what a task of an epoch owes does not change after it ran.
    mapping(bytes32 model => Checkpoints.Trace208) private _royaltyBps;
    mapping(uint256 id => Pass) private _passes;
    mapping(bytes32 model => Rating) private _ratings;
    /// @inheritdoc IModelMarketplace
    mapping(bytes32 model => mapping(address account => uint8)) public ratingOf;
    /// @inheritdoc IModelMarketplace
    mapping(bytes32 model => mapping(address account => uint256)) public passesBought;
    /// @inheritdoc IModelMarketplace
    mapping(address account => uint256) public royaltiesOwed;
    /// @inheritdoc IModelMarketplace
    uint256 public totalRoyaltiesOwed;

    constructor(IERC20 token_, IParameters parameters_, address treasury_) ERC1155("") {
        if (address(token_) == address(0) || address(parameters_) == address(0) || treasury_ == address(0)) {
            revert ZeroAddress();
        }
        token = token_;
        parameters = parameters_;
        treasury = treasury_;
    }

    /// @inheritdoc IModelMarketplace
    function publish(bytes32 model, bytes32 weightsHash, bytes32 tokenizerHash, Terms calldata terms) external {
        Listing storage entry = _listings[model];
        if (entry.publisher != address(0)) revert AlreadyPublished(model, entry.publisher);
        if (model == 0) revert InvalidListing("model");
        if (weightsHash == 0) revert InvalidListing("weightsHash");
        if (tokenizerHash == 0) revert InvalidListing("tokenizerHash");
        _checkTerms(terms);
        _checkRoyalty(terms.royaltyBps);
        entry.publisher = msg.sender;
        entry.version = 1;
        entry.listed = true;
        entry.weightsHash = weightsHash;
        entry.tokenizerHash = tokenizerHash;
        entry.terms = terms;
        _royaltyBps[model].push(_epoch(), terms.royaltyBps);
        emit ModelPublished(model, msg.sender, terms.licence, weightsHash, tokenizerHash, terms);
    }

    /// @inheritdoc IModelMarketplace
    function update(bytes32 model, Terms calldata terms) external {
        Listing storage entry = _ofPublisher(model);
        _checkTerms(terms);
        // A royalty that stands is kept when governance lowers the maximum; only a new one is held to it.
        if (terms.royaltyBps != entry.terms.royaltyBps) {
            _checkRoyalty(terms.royaltyBps);
            _royaltyBps[model].push(_epoch() + 1, terms.royaltyBps);
        }
        entry.terms = terms;
        emit ListingUpdated(model, ++entry.version, terms);
    }

    /// @inheritdoc IModelMarketplace
    function delist(bytes32 model) external {
        Listing storage entry = _ofPublisher(model);
        if (!entry.listed) revert NotListed(model);
        entry.listed = false;
        emit ModelDelisted(model, ++entry.version);
    }

    /// @inheritdoc IModelMarketplace
    function relist(bytes32 model) external {
        Listing storage entry = _ofPublisher(model);
        if (entry.listed) revert AlreadyListed(model);
        entry.listed = true;
        emit ModelRelisted(model, ++entry.version);
    }

    /// @inheritdoc IModelMarketplace
    function offerListing(bytes32 model, address to) external {
        _ofPublisher(model).pendingPublisher = to;
        emit ListingOffered(model, msg.sender, to);
    }

    /// @inheritdoc IModelMarketplace
    function acceptListing(bytes32 model) external {
        Listing storage entry = _known(model);
        if (msg.sender != entry.pendingPublisher) revert NotOffered(model, msg.sender);
        address from = entry.publisher;
        entry.publisher = msg.sender;
        entry.pendingPublisher = address(0);
        emit ListingTransferred(model, from, msg.sender, ++entry.version);
        if (ratingOf[model][msg.sender] != 0) _rate(model, msg.sender, 0);
    }

    /// @inheritdoc IModelMarketplace
    function buy(bytes32 model, uint256 priceMax, uint64 version) external nonReentrant returns (uint256) {
        return _buy(model, priceMax, version);
    }

    /// @inheritdoc IModelMarketplace
    function buyWithPermit(
        bytes32 model,
        uint256 priceMax,
        uint64 version,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256) {
        // Anyone can send a permit that stands in a mempool; then the allowance is there and this call fails harmlessly.
        try IERC20Permit(address(token)).permit(msg.sender, address(this), priceMax, deadline, v, r, s) { } catch { }
        return _buy(model, priceMax, version);
    }

    /// @inheritdoc IModelMarketplace
    function rate(uint256 id, uint8 stars) external nonReentrant {
        if (stars == 0 || stars > STARS_MAX) revert InvalidRating(stars);
        bytes32 model = _passes[id].model;
        if (!hasAccess(msg.sender, model, id) || passesBought[model][msg.sender] == 0) {
            revert NotPassHolder(id, msg.sender);
        }
        if (msg.sender == _listings[model].publisher) revert PublisherCannotRate(model);
        _rate(model, msg.sender, stars);
    }

    /// @inheritdoc IModelMarketplace
    function payRoyalty(bytes32 model, uint256 amount) external {
        address receiver = _known(model).publisher;
        if (amount == 0) revert ZeroAmount();
        royaltiesOwed[receiver] += amount;
        totalRoyaltiesOwed += amount;
        emit RoyaltyPaid(model, receiver, msg.sender, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IModelMarketplace
    function withdrawRoyalties(address account) external returns (uint256 amount) {
        amount = royaltiesOwed[account];
        if (amount == 0) revert NothingOwed(account);
        royaltiesOwed[account] = 0;
        totalRoyaltiesOwed -= amount;
        emit RoyaltyWithdrawn(account, amount);
        token.safeTransfer(account, amount);
    }

    /// @inheritdoc IERC1155
    function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes memory data)
        public
        override(ERC1155, IERC1155)
        nonReentrant
    {
        super.safeTransferFrom(from, to, id, value, data);
    }

    /// @inheritdoc IERC1155
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] memory ids,
        uint256[] memory values,
        bytes memory data
    ) public override(ERC1155, IERC1155) nonReentrant {
        super.safeBatchTransferFrom(from, to, ids, values, data);
    }

    /// @inheritdoc IModelMarketplace
    function royaltyOf(bytes32 model, uint256 amount) external view returns (address receiver, uint256 royalty) {
        receiver = _listings[model].publisher;
        royalty = amount * royaltyBpsAt(model, parameters.currentEpoch()) / BPS;
    }

    /// @inheritdoc IModelMarketplace
    function royaltyBpsAt(bytes32 model, uint64 epoch) public view returns (uint256) {
        return _royaltyBps[model].upperLookupRecent(uint256(epoch).toUint48());
    }

    /// @inheritdoc IModelMarketplace
    function listing(bytes32 model) external view returns (Listing memory) {
        return _listings[model];
    }

    /// @inheritdoc IModelMarketplace
    function pass(uint256 id) external view returns (Pass memory) {
        return _passes[id];
    }

    /// @inheritdoc IModelMarketplace
    function passId(bytes32 model, uint48 expiresAt, bool transferable, bytes32 licenceHash)
        public
        view
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(block.chainid, address(this), model, expiresAt, transferable, licenceHash)));
    }

    /// @inheritdoc IModelMarketplace
    function hasAccess(address account, bytes32 model, uint256 id) public view returns (bool) {
        Pass storage p = _passes[id];
        return p.model == model && (p.expiresAt == 0 || block.timestamp < p.expiresAt) && balanceOf(account, id) > 0;
    }

    /// @inheritdoc IModelMarketplace
    function ratings(bytes32 model) external view returns (uint256 sum, uint256 count) {
        return (_ratings[model].sum, _ratings[model].count);
    }

    /// @dev Passes that were sold as personal never change hands; minting is not a change of hands, and nothing burns them.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory values) internal override {
        if (ids.length > PASSES_PER_TRANSFER_MAX) revert TooManyPasses(ids.length, PASSES_PER_TRANSFER_MAX);
        if (from != address(0)) {
            for (uint256 i = 0; i < ids.length; ++i) {
                if (!_passes[ids[i]].transferable) revert PassNotTransferable(ids[i]);
            }
        }
        super._update(from, to, ids, values);
    }

    /// @dev The buyer's contract is called last, by `_mint`: everything is booked and paid before.
    function _buy(bytes32 model, uint256 priceMax, uint64 version) private returns (uint256 id) {
        Listing storage entry = _known(model);
        if (!entry.listed) revert NotListed(model);
        if (entry.version != version) revert VersionChanged(model, entry.version);
        uint256 price = entry.terms.accessPrice;
        if (price > priceMax) revert PriceTooHigh(price, priceMax);

        uint256 lasts = entry.terms.passSeconds;
        Pass memory p = Pass({
            model: model,
            expiresAt: lasts == 0 ? 0 : (block.timestamp + lasts).toUint48(),
            transferable: entry.terms.transferable,
            licenceHash: entry.terms.licenceHash
        });
        id = passId(p.model, p.expiresAt, p.transferable, p.licenceHash);
        _passes[id] = p;
        ++entry.passesSold;
        ++passesBought[model][msg.sender];
        uint256 fee = price * parameters.get(Parameter.MarketFeeBps) / BPS;
        emit PassBought(model, msg.sender, id, price, fee);
        token.safeTransferFrom(msg.sender, entry.publisher, price - fee);
        token.safeTransferFrom(msg.sender, treasury, fee);
        _mint(msg.sender, id, 1, "");
    }

    /// @dev Sets the account's stars; zero removes them.
    function _rate(bytes32 model, address account, uint8 stars) private {
        Rating storage r = _ratings[model];
        uint8 previous = ratingOf[model][account];
        if (previous == 0) ++r.count;
        if (stars == 0) --r.count;
        r.sum = r.sum - previous + stars;
        ratingOf[model][account] = stars;
        emit ModelRated(model, account, stars, r.sum, r.count);
    }

    function _known(bytes32 model) private view returns (Listing storage entry) {
        entry = _listings[model];
        if (entry.publisher == address(0)) revert UnknownModel(model);
    }

    function _ofPublisher(bytes32 model) private view returns (Listing storage entry) {
        entry = _known(model);
        if (msg.sender != entry.publisher) revert NotPublisher(msg.sender);
    }

    function _epoch() private view returns (uint48) {
        return uint256(parameters.currentEpoch()).toUint48();
    }

    function _checkTerms(Terms calldata terms) private pure {
        if (terms.cid.length == 0 || terms.cid.length > CID_BYTES_MAX) revert InvalidListing("cid");
        if (terms.licence == 0) revert InvalidListing("licence");
        if (terms.licenceHash == 0) revert InvalidListing("licenceHash");
    }

    function _checkRoyalty(uint256 royaltyBps) private view {
        uint256 max = parameters.get(Parameter.RoyaltyMaxBps);
        if (royaltyBps > max) revert RoyaltyTooHigh(royaltyBps, max);
    }
}
