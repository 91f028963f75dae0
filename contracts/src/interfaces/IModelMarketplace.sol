// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "./IParameters.sol";
import { IERC1155 } from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Where models are listed, sold and rated
/// @notice One listing per model id, owned by whoever published it first. Access is sold as ERC-1155 passes that nobody can take
///         back, change or end early. Royalties wait here for their receiver. At every moment: balance = royalties owed.
interface IModelMarketplace is IERC1155 {
    /// @notice What a publisher may change.
    /// @param cid             where the files are: binary CID, 1 to 64 bytes
    /// @param licence         SPDX identifier, ASCII, zero padded
    /// @param licenceHash     digest of the licence document
    /// @param accessPrice     wei for one pass; zero is free
    /// @param promptPrice     wei per 1,000 prompt tokens that the publisher recommends
    /// @param completionPrice wei per 1,000 completion tokens that the publisher recommends
    /// @param royaltyBps      publisher's part of what the use of the model costs, basis points
    /// @param passSeconds     how long a pass lasts from its purchase; zero is for ever
    /// @param transferable    whether passes may be given on
    struct Terms {
        bytes cid;
        bytes32 licence;
        bytes32 licenceHash;
        uint128 accessPrice;
        uint128 promptPrice;
        uint128 completionPrice;
        uint16 royaltyBps;
        uint32 passSeconds;
        bool transferable;
    }

    /// @param publisher        who may change it and is paid; zero when there is no listing
    /// @param version          counts the changes, from 1
    /// @param listed           whether passes are sold
    /// @param pendingPublisher who was offered the listing; zero is nobody
    /// @param passesSold       passes sold so far
    /// @param weightsHash      digest of the weights; fixed for good
    /// @param tokenizerHash    digest of the tokenizer; fixed for good
    /// @param terms            as last set
    struct Listing {
        address publisher;
        uint64 version;
        bool listed;
        address pendingPublisher;
        uint64 passesSold;
        bytes32 weightsHash;
        bytes32 tokenizerHash;
        Terms terms;
    }

    /// @notice What a pass promises; the same for every pass of one token id, for good.
    /// @param model        model that it opens; zero when no such pass was ever sold
    /// @param expiresAt    unix seconds from which it is void; zero is never
    /// @param transferable whether it may be given on
    /// @param licenceHash  licence document that it was sold under
    struct Pass {
        bytes32 model;
        uint48 expiresAt;
        bool transferable;
        bytes32 licenceHash;
    }

    event ModelPublished(
        bytes32 indexed model,
        address indexed publisher,
        bytes32 indexed licence,
        bytes32 weightsHash,
        bytes32 tokenizerHash,
        Terms terms
    );
    event ListingUpdated(bytes32 indexed model, uint64 version, Terms terms);
    event ModelDelisted(bytes32 indexed model, uint64 version);
    event ModelRelisted(bytes32 indexed model, uint64 version);
    /// @param to zero when the offer was taken back
    event ListingOffered(bytes32 indexed model, address indexed from, address indexed to);
    event ListingTransferred(bytes32 indexed model, address indexed from, address indexed to, uint64 version);
    event PassBought(bytes32 indexed model, address indexed buyer, uint256 indexed pass, uint256 price, uint256 fee);
    /// @param stars 1 to 5; zero when the rating was removed
    /// @param sum   of all ratings of the model afterwards
    /// @param count of all ratings of the model afterwards
    event ModelRated(bytes32 indexed model, address indexed account, uint8 stars, uint256 sum, uint256 count);
    event RoyaltyPaid(bytes32 indexed model, address indexed receiver, address indexed payer, uint256 amount);
    event RoyaltyWithdrawn(address indexed receiver, uint256 amount);

    /// @notice An address that must name somebody is zero.
    error ZeroAddress();
    /// @notice An amount of zero changes nothing and is refused.
    error ZeroAmount();
    /// @notice A field of the listing makes no sense.
    error InvalidListing(string field);
    /// @notice The royalty is above what governance allows now.
    error RoyaltyTooHigh(uint256 royaltyBps, uint256 maxBps);
    /// @notice The model has a listing.
    error AlreadyPublished(bytes32 model, address publisher);
    /// @notice The model has no listing.
    error UnknownModel(bytes32 model);
    /// @notice Only the publisher may call this.
    error NotPublisher(address caller);
    /// @notice The listing was offered to somebody else, or to nobody.
    error NotOffered(bytes32 model, address caller);
    /// @notice The model is not on sale.
    error NotListed(bytes32 model);
    /// @notice The model is on sale already.
    error AlreadyListed(bytes32 model);
    /// @notice The listing changed since the buyer read it.
    error VersionChanged(bytes32 model, uint64 version);
    /// @notice The pass costs more than the buyer agreed to.
    error PriceTooHigh(uint256 price, uint256 priceMax);
    /// @notice The pass was sold as one that stays with its buyer.
    error PassNotTransferable(uint256 pass);
    /// @notice Too many kinds of passes in one transfer.
    error TooManyPasses(uint256 count, uint256 max);
    /// @notice Ratings are 1 to 5.
    error InvalidRating(uint8 stars);
    /// @notice Only who bought a pass of this model, and holds one in force, may rate.
    error NotPassHolder(uint256 pass, address account);
    /// @notice Nobody rates the own model.
    error PublisherCannotRate(bytes32 model);
    /// @notice Nothing is owed to the account.
    error NothingOwed(address account);

    /// @notice Lists a model under the caller. The first who publishes an id has it.
    function publish(bytes32 model, bytes32 weightsHash, bytes32 tokenizerHash, Terms calldata terms) external;

    /// @notice Replaces the terms, of passes sold from now on. By the publisher. A changed royalty holds from the next epoch.
    function update(bytes32 model, Terms calldata terms) external;

    /// @notice Stops the sale of passes; those sold stay as they are. By the publisher.
    function delist(bytes32 model) external;

    /// @notice Takes the sale of passes up again. By the publisher.
    function relist(bytes32 model) external;

    /// @notice Offers the listing to `to`, who has to accept; zero takes an offer back. By the publisher.
    function offerListing(bytes32 model, address to) external;

    /// @notice Takes an offered listing over, with what it earns from now on. The caller's rating of the model is removed.
    function acceptListing(bytes32 model) external;

    /// @notice Buys one pass for the caller; the publisher and the treasury are paid at once. Needs a token allowance.
    /// @param priceMax wei that the caller agrees to
    /// @param version  listing's version that the caller read: licence, term and price are what stood there
    /// @return pass    token id
    function buy(bytes32 model, uint256 priceMax, uint64 version) external returns (uint256 pass);

    /// @notice As `buy`, with an EIP-2612 permit of the caller over `priceMax`. A permit that somebody sent before does no harm.
    function buyWithPermit(
        bytes32 model,
        uint256 priceMax,
        uint64 version,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 pass);

    /// @notice Rates the model of a pass in force that the caller holds, or changes the rating. Only who bought a pass of the model
    ///         may, once: a pass that is handed round carries no vote with it.
    function rate(uint256 pass, uint8 stars) external;

    /// @notice Moves `amount` of the caller to what the model's publisher may withdraw. Needs a token allowance.
    function payRoyalty(bytes32 model, uint256 amount) external;

    /// @notice Pays `account` all royalties that it is owed. Anyone may call.
    function withdrawRoyalties(address account) external returns (uint256 amount);

    /// @notice Who gets how much of what the use of a model costs, now; zeros when there is no listing.
    function royaltyOf(bytes32 model, uint256 amount) external view returns (address receiver, uint256 royalty);

    /// @notice Royalty in basis points that holds in `epoch`; of past and current epochs it never changes.
    function royaltyBpsAt(bytes32 model, uint64 epoch) external view returns (uint256);

    /// @notice All of a listing; zeros when there is none.
    function listing(bytes32 model) external view returns (Listing memory);

    /// @notice What a token id stands for; zeros when it was never sold.
    function pass(uint256 id) external view returns (Pass memory);

    /// @notice Token id of passes with these properties.
    function passId(bytes32 model, uint48 expiresAt, bool transferable, bytes32 licenceHash)
        external
        view
        returns (uint256);

    /// @notice Whether `account` holds this pass, it opens `model` and has not run out.
    function hasAccess(address account, bytes32 model, uint256 id) external view returns (bool);

    /// @notice Passes of the model that the account bought itself.
    function passesBought(bytes32 model, address account) external view returns (uint256);

    /// @notice Stars that the account gave, 1 to 5; zero when it did not rate.
    function ratingOf(bytes32 model, address account) external view returns (uint8);

    /// @notice Sum and count of all ratings; the mean is their quotient.
    function ratings(bytes32 model) external view returns (uint256 sum, uint256 count);

    /// @notice Wei that the account may withdraw.
    function royaltiesOwed(address account) external view returns (uint256);

    /// @notice Wei of royalties that are owed to all accounts together.
    function totalRoyaltiesOwed() external view returns (uint256);

    function token() external view returns (IERC20);
    function parameters() external view returns (IParameters);
    /// @notice Account that the market fee goes to.
    function treasury() external view returns (address);
}
