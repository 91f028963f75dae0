// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IModelMarketplace } from "../../src/interfaces/IModelMarketplace.sol";
import { IParameters } from "../../src/interfaces/IParameters.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { ModelMarketplace } from "../../src/l2/ModelMarketplace.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { MarketTest } from "../utils/MarketMocks.sol";
import { MockParameters } from "../utils/MockParameters.sol";
import { IERC1155Errors, IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { IERC1155 } from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import { IERC1155Receiver } from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

abstract contract ModelMarketplaceBase is MarketTest {
    bytes32 internal constant MODEL = "model";
    bytes32 internal constant WEIGHTS = "weights";
    bytes32 internal constant TOKENIZER = "tokenizer";
    uint128 internal constant PRICE = 1000;
    uint16 internal constant ROYALTY = 500;

    CorToken internal token;
    MockParameters internal parameters;
    ModelMarketplace internal market;
    address internal treasury = makeAddr("treasury");
    address internal publisher = makeAddr("publisher");
    address internal buyer;
    uint256 internal buyerKey;

    function setUp() public virtual override {
        super.setUp();
        (buyer, buyerKey) = makeAddrAndKey("buyer");
        token = new CorToken(buyer, 1_000_000 ether);
        parameters = new MockParameters(1 hours);
        parameters.put(Parameter.MarketFeeBps, 250);
        parameters.put(Parameter.RoyaltyMaxBps, 1000);
        market = new ModelMarketplace(token, parameters, treasury);
        vm.prank(buyer);
        token.approve(address(market), type(uint256).max);
    }

    function termsOf() internal pure returns (IModelMarketplace.Terms memory terms) {
        terms.cid = hex"01551220";
        terms.licence = "Apache-2.0";
        terms.licenceHash = keccak256("licence");
        terms.accessPrice = PRICE;
        terms.promptPrice = 2;
        terms.completionPrice = 3;
        terms.royaltyBps = ROYALTY;
        terms.transferable = true;
    }

    function publish(bytes32 model, IModelMarketplace.Terms memory terms) internal {
        vm.prank(publisher);
        market.publish(model, WEIGHTS, TOKENIZER, terms);
    }

    function update(IModelMarketplace.Terms memory terms) internal {
        vm.prank(publisher);
        market.update(MODEL, terms);
    }

    function buyAs(address account) internal returns (uint256) {
        if (account != buyer) {
            vm.prank(buyer);
            token.transfer(account, PRICE);
            vm.prank(account);
            token.approve(address(market), PRICE);
        }
        uint64 version = market.listing(MODEL).version;
        vm.prank(account);
        return market.buy(MODEL, PRICE, version);
    }

    function assertTerms(IModelMarketplace.Terms memory terms, IModelMarketplace.Terms memory expected) internal pure {
        assertEq(abi.encode(terms), abi.encode(expected));
    }
}

contract ModelMarketplaceConstructorTest is ModelMarketplaceBase {
    function test_keepsWhatItIsGiven() public view {
        assertEq(address(market.token()), address(token));
        assertEq(address(market.parameters()), address(parameters));
        assertEq(market.treasury(), treasury);
        assertTrue(market.supportsInterface(type(IERC1155).interfaceId));
        assertTrue(market.supportsInterface(type(IERC165).interfaceId));
        assertEq(market.uri(1), "");
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IModelMarketplace.ZeroAddress.selector);
        new ModelMarketplace(IERC20(address(0)), parameters, treasury);
        vm.expectRevert(IModelMarketplace.ZeroAddress.selector);
        new ModelMarketplace(token, IParameters(address(0)), treasury);
        vm.expectRevert(IModelMarketplace.ZeroAddress.selector);
        new ModelMarketplace(token, parameters, address(0));
    }
}

contract ModelMarketplacePublishTest is ModelMarketplaceBase {
    function test_listsUnderTheCaller() public {
        vm.expectEmit(address(market));
        emit IModelMarketplace.ModelPublished(MODEL, publisher, "Apache-2.0", WEIGHTS, TOKENIZER, termsOf());
        publish(MODEL, termsOf());
        IModelMarketplace.Listing memory l = market.listing(MODEL);
        assertEq(l.publisher, publisher);
        assertEq(l.version, 1);
        assertTrue(l.listed);
        assertEq(l.pendingPublisher, address(0));
        assertEq(l.passesSold, 0);
        assertEq(l.weightsHash, WEIGHTS);
        assertEq(l.tokenizerHash, TOKENIZER);
        assertTerms(l.terms, termsOf());
    }

    function test_RevertWhen_AlreadyPublished() public {
        publish(MODEL, termsOf());
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.AlreadyPublished.selector, MODEL, publisher));
        vm.prank(stranger);
        market.publish(MODEL, WEIGHTS, TOKENIZER, termsOf());
    }

    function test_RevertWhen_AlreadyPublishedAndDelisted() public {
        publish(MODEL, termsOf());
        vm.prank(publisher);
        market.delist(MODEL);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.AlreadyPublished.selector, MODEL, publisher));
        publish(MODEL, termsOf());
    }

    function expectInvalid(string memory field) private {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.InvalidListing.selector, field));
    }

    function test_RevertWhen_InvalidListing() public {
        IModelMarketplace.Terms memory terms = termsOf();
        expectInvalid("model");
        market.publish(0, WEIGHTS, TOKENIZER, terms);
        expectInvalid("weightsHash");
        market.publish(MODEL, 0, TOKENIZER, terms);
        expectInvalid("tokenizerHash");
        market.publish(MODEL, WEIGHTS, 0, terms);
        terms.cid = "";
        expectInvalid("cid");
        market.publish(MODEL, WEIGHTS, TOKENIZER, terms);
        terms.cid = new bytes(65);
        expectInvalid("cid");
        market.publish(MODEL, WEIGHTS, TOKENIZER, terms);
        terms = termsOf();
        terms.licence = 0;
        expectInvalid("licence");
        market.publish(MODEL, WEIGHTS, TOKENIZER, terms);
        terms = termsOf();
        terms.licenceHash = 0;
        expectInvalid("licenceHash");
        market.publish(MODEL, WEIGHTS, TOKENIZER, terms);
    }

    function test_takesTheLongestCidAndTheHighestRoyalty() public {
        IModelMarketplace.Terms memory terms = termsOf();
        terms.cid = new bytes(64);
        terms.royaltyBps = 1000;
        publish(MODEL, terms);
        assertTerms(market.listing(MODEL).terms, terms);
    }

    function test_RevertWhen_RoyaltyTooHigh() public {
        IModelMarketplace.Terms memory terms = termsOf();
        terms.royaltyBps = 1001;
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.RoyaltyTooHigh.selector, 1001, 1000));
        publish(MODEL, terms);
    }
}

contract ModelMarketplaceUpdateTest is ModelMarketplaceBase {
    function setUp() public override {
        super.setUp();
        publish(MODEL, termsOf());
    }

    function testFuzz_replacesTheTerms(IModelMarketplace.Terms memory terms) public {
        terms.cid = abi.encodePacked(keccak256(terms.cid));
        vm.assume(terms.licence != 0 && terms.licenceHash != 0);
        terms.royaltyBps = uint16(bound(terms.royaltyBps, 0, 1000));
        vm.expectEmit(address(market));
        emit IModelMarketplace.ListingUpdated(MODEL, 2, terms);
        update(terms);
        assertTerms(market.listing(MODEL).terms, terms);
        assertEq(market.listing(MODEL).version, 2);
        assertEq(market.listing(MODEL).weightsHash, WEIGHTS);
    }

    function test_worksWhileDelisted() public {
        vm.startPrank(publisher);
        market.delist(MODEL);
        market.update(MODEL, termsOf());
        assertFalse(market.listing(MODEL).listed);
        assertEq(market.listing(MODEL).version, 3);
    }

    function test_RevertWhen_UnknownModel() public {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.UnknownModel.selector, bytes32("x")));
        market.update("x", termsOf());
    }

    function test_RevertWhen_NotPublisher() public {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotPublisher.selector, stranger));
        vm.prank(stranger);
        market.update(MODEL, termsOf());
    }

    function test_RevertWhen_InvalidListing() public {
        IModelMarketplace.Terms memory terms = termsOf();
        terms.licence = 0;
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.InvalidListing.selector, "licence"));
        update(terms);
    }

    function test_RevertWhen_RoyaltyTooHigh() public {
        IModelMarketplace.Terms memory terms = termsOf();
        terms.royaltyBps = 1001;
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.RoyaltyTooHigh.selector, 1001, 1000));
        update(terms);
    }

    function test_aRoyaltyThatStandsOutlivesALowerMaximum() public {
        parameters.put(Parameter.RoyaltyMaxBps, 100);
        IModelMarketplace.Terms memory terms = termsOf();
        terms.accessPrice = 1;
        update(terms);
        assertEq(market.royaltyBpsAt(MODEL, parameters.currentEpoch() + 1), ROYALTY);
        terms.royaltyBps = 101;
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.RoyaltyTooHigh.selector, 101, 100));
        update(terms);
        terms.royaltyBps = 100;
        update(terms);
    }

    function test_aPriceRiseOrALicenceChangeTouchesNoPassThatWasBought() public {
        uint256 id = buyAs(buyer);
        IModelMarketplace.Terms memory terms = termsOf();
        terms.accessPrice = type(uint128).max;
        terms.licenceHash = keccak256("stricter");
        terms.passSeconds = 1;
        terms.transferable = false;
        update(terms);
        skip(365 days);
        assertTrue(market.hasAccess(buyer, MODEL, id));
        assertEq(market.pass(id).licenceHash, keccak256("licence"));
        vm.prank(buyer);
        market.safeTransferFrom(buyer, stranger, id, 1, "");
        assertTrue(market.hasAccess(stranger, MODEL, id));
    }
}

contract ModelMarketplaceDelistTest is ModelMarketplaceBase {
    function setUp() public override {
        super.setUp();
        publish(MODEL, termsOf());
    }

    function test_stopsAndResumesTheSaleOnly() public {
        uint256 id = buyAs(buyer);
        vm.expectEmit(address(market));
        emit IModelMarketplace.ModelDelisted(MODEL, 2);
        vm.prank(publisher);
        market.delist(MODEL);
        assertFalse(market.listing(MODEL).listed);
        assertTrue(market.hasAccess(buyer, MODEL, id));
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotListed.selector, MODEL));
        vm.prank(buyer);
        market.buy(MODEL, PRICE, 2);
        vm.prank(buyer);
        market.rate(id, 4);

        vm.expectEmit(address(market));
        emit IModelMarketplace.ModelRelisted(MODEL, 3);
        vm.prank(publisher);
        market.relist(MODEL);
        assertTrue(market.listing(MODEL).listed);
        assertEq(buyAs(buyer), id);
    }

    function test_RevertWhen_NotPublisher() public {
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotPublisher.selector, stranger));
        market.delist(MODEL);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotPublisher.selector, stranger));
        market.relist(MODEL);
    }

    function test_RevertWhen_NotListed() public {
        vm.startPrank(publisher);
        market.delist(MODEL);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotListed.selector, MODEL));
        market.delist(MODEL);
    }

    function test_RevertWhen_AlreadyListed() public {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.AlreadyListed.selector, MODEL));
        vm.prank(publisher);
        market.relist(MODEL);
    }
}

contract ModelMarketplaceOfferListingTest is ModelMarketplaceBase {
    address internal heir = makeAddr("heir");

    function setUp() public override {
        super.setUp();
        publish(MODEL, termsOf());
    }

    function offer(address to) internal {
        vm.prank(publisher);
        market.offerListing(MODEL, to);
    }

    function test_movesOnlyWhenAccepted() public {
        vm.expectEmit(address(market));
        emit IModelMarketplace.ListingOffered(MODEL, publisher, heir);
        offer(heir);
        assertEq(market.listing(MODEL).publisher, publisher);
        assertEq(market.listing(MODEL).pendingPublisher, heir);

        vm.expectEmit(address(market));
        emit IModelMarketplace.ListingTransferred(MODEL, publisher, heir, 2);
        vm.prank(heir);
        market.acceptListing(MODEL);
        IModelMarketplace.Listing memory l = market.listing(MODEL);
        assertEq(l.publisher, heir);
        assertEq(l.pendingPublisher, address(0));
        assertEq(l.version, 2);

        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotPublisher.selector, publisher));
        update(termsOf());
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotOffered.selector, MODEL, heir));
        vm.prank(heir);
        market.acceptListing(MODEL);
        vm.prank(heir);
        market.update(MODEL, termsOf());
    }

    function test_theHeirIsPaidFromThenOn() public {
        vm.prank(buyer);
        market.payRoyalty(MODEL, 7);
        offer(heir);
        vm.prank(heir);
        market.acceptListing(MODEL);
        vm.prank(buyer);
        market.payRoyalty(MODEL, 5);
        assertEq(market.royaltiesOwed(publisher), 7);
        assertEq(market.royaltiesOwed(heir), 5);
        buyAs(buyer);
        assertEq(token.balanceOf(heir), PRICE - 25);
        assertEq(token.balanceOf(publisher), 0);
    }

    function test_theHeirsOwnRatingIsRemoved() public {
        uint256 id = buyAs(heir);
        vm.prank(heir);
        market.rate(id, 5);
        buyAs(buyer);
        vm.prank(buyer);
        market.rate(id, 2);
        offer(heir);
        vm.expectEmit(address(market));
        emit IModelMarketplace.ModelRated(MODEL, heir, 0, 2, 1);
        vm.prank(heir);
        market.acceptListing(MODEL);
        assertEq(market.ratingOf(MODEL, heir), 0);
        (uint256 sum, uint256 count) = market.ratings(MODEL);
        assertEq(sum, 2);
        assertEq(count, 1);
    }

    function test_RevertWhen_OfferTakenBack() public {
        offer(heir);
        offer(address(0));
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotOffered.selector, MODEL, heir));
        vm.prank(heir);
        market.acceptListing(MODEL);
    }

    function test_RevertWhen_NotOffered() public {
        offer(heir);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotOffered.selector, MODEL, publisher));
        vm.prank(publisher);
        market.acceptListing(MODEL);
    }

    function test_RevertWhen_NotPublisher() public {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotPublisher.selector, heir));
        vm.prank(heir);
        market.offerListing(MODEL, heir);
    }

    function test_RevertWhen_UnknownModel() public {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.UnknownModel.selector, bytes32("x")));
        market.acceptListing("x");
    }
}

contract ModelMarketplaceBuyTest is ModelMarketplaceBase {
    function testFuzz_paysPublisherAndTreasuryAndKeepsNothing(uint128 price, uint256 feeBps) public {
        price = uint128(bound(price, 0, 1_000_000 ether));
        feeBps = bound(feeBps, 0, 10_000);
        parameters.put(Parameter.MarketFeeBps, feeBps);
        IModelMarketplace.Terms memory terms = termsOf();
        terms.accessPrice = price;
        publish(MODEL, terms);
        uint256 fee = uint256(price) * feeBps / 10_000;
        uint256 id = market.passId(MODEL, 0, true, terms.licenceHash);

        vm.expectEmit(address(market));
        emit IModelMarketplace.PassBought(MODEL, buyer, id, price, fee);
        vm.expectEmit(address(market));
        emit IERC1155.TransferSingle(buyer, address(0), buyer, id, 1);
        vm.prank(buyer);
        assertEq(market.buy(MODEL, price, 1), id);

        assertEq(token.balanceOf(buyer), 1_000_000 ether - price);
        assertEq(token.balanceOf(publisher), price - fee);
        assertEq(token.balanceOf(treasury), fee);
        assertEq(token.balanceOf(address(market)), 0);
        assertEq(market.balanceOf(buyer, id), 1);
        assertEq(market.totalSupply(id), 1);
        assertEq(market.totalSupply(), 1);
        assertEq(market.listing(MODEL).passesSold, 1);
        assertEq(market.passesBought(MODEL, buyer), 1);
        assertEq(market.passesBought(MODEL, publisher), 0);
    }

    function test_aPerpetualPassNeverRunsOut() public {
        publish(MODEL, termsOf());
        uint256 id = buyAs(buyer);
        IModelMarketplace.Pass memory p = market.pass(id);
        assertEq(p.model, MODEL);
        assertEq(p.expiresAt, 0);
        assertTrue(p.transferable);
        assertEq(p.licenceHash, keccak256("licence"));
        skip(1000 * 365 days);
        assertTrue(market.hasAccess(buyer, MODEL, id));
        assertFalse(market.hasAccess(stranger, MODEL, id));
        assertFalse(market.hasAccess(buyer, "other", id));
        assertFalse(market.hasAccess(buyer, MODEL, id + 1));
        assertFalse(market.hasAccess(buyer, 0, 0));
    }

    function testFuzz_aTimedPassRunsOutAtItsSecond(uint32 lasts) public {
        lasts = uint32(bound(lasts, 1, type(uint32).max));
        IModelMarketplace.Terms memory terms = termsOf();
        terms.passSeconds = lasts;
        publish(MODEL, terms);
        uint256 id = buyAs(buyer);
        assertEq(market.pass(id).expiresAt, block.timestamp + lasts);
        assertEq(id, market.passId(MODEL, uint48(block.timestamp + lasts), true, terms.licenceHash));
        skip(lasts - 1);
        assertTrue(market.hasAccess(buyer, MODEL, id));
        skip(1);
        assertFalse(market.hasAccess(buyer, MODEL, id));
    }

    function test_passesOfOneSecondShareAnIdAndOfTwoDoNot() public {
        IModelMarketplace.Terms memory terms = termsOf();
        terms.passSeconds = 1 days;
        publish(MODEL, terms);
        uint256 id = buyAs(buyer);
        assertEq(buyAs(buyer), id);
        assertEq(market.balanceOf(buyer, id), 2);
        skip(1);
        assertNotEq(buyAs(buyer), id);
        assertEq(market.listing(MODEL).passesSold, 3);
        assertEq(market.passesBought(MODEL, buyer), 3);
    }

    function test_theIdBindsChainContractModelTermAndLicence() public {
        uint256 id = market.passId(MODEL, 5, true, "l");
        assertNotEq(id, market.passId("other", 5, true, "l"));
        assertNotEq(id, market.passId(MODEL, 6, true, "l"));
        assertNotEq(id, market.passId(MODEL, 5, false, "l"));
        assertNotEq(id, market.passId(MODEL, 5, true, "m"));
        assertNotEq(id, new ModelMarketplace(token, parameters, treasury).passId(MODEL, 5, true, "l"));
        vm.chainId(77);
        assertNotEq(id, market.passId(MODEL, 5, true, "l"));
    }

    function test_RevertWhen_FrontRunByAPriceRise() public {
        publish(MODEL, termsOf());
        IModelMarketplace.Terms memory terms = termsOf();
        terms.accessPrice = PRICE + 1;
        update(terms);
        vm.startPrank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.VersionChanged.selector, MODEL, 2));
        market.buy(MODEL, type(uint256).max, 1);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.VersionChanged.selector, MODEL, 2));
        market.buy(MODEL, type(uint256).max, 3);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.PriceTooHigh.selector, PRICE + 1, PRICE));
        market.buy(MODEL, PRICE, 2);
        market.buy(MODEL, PRICE + 1, 2);
    }

    function test_RevertWhen_FrontRunByAShorterTerm() public {
        publish(MODEL, termsOf());
        IModelMarketplace.Terms memory terms = termsOf();
        terms.passSeconds = 1;
        update(terms);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.VersionChanged.selector, MODEL, 2));
        vm.prank(buyer);
        market.buy(MODEL, PRICE, 1);
    }

    function test_RevertWhen_UnknownModel() public {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.UnknownModel.selector, MODEL));
        market.buy(MODEL, PRICE, 0);
    }

    function test_RevertWhen_NotPaid() public {
        publish(MODEL, termsOf());
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(market), 0, PRICE - 25)
        );
        vm.prank(stranger);
        market.buy(MODEL, PRICE, 1);
    }

    function test_RevertWhen_TheTermOverflows() public {
        IModelMarketplace.Terms memory terms = termsOf();
        terms.passSeconds = 1;
        publish(MODEL, terms);
        vm.warp(type(uint48).max);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 48, uint256(1) << 48));
        vm.prank(buyer);
        market.buy(MODEL, PRICE, 1);
    }
}

contract ModelMarketplaceBuyWithPermitTest is ModelMarketplaceBase {
    function setUp() public override {
        super.setUp();
        publish(MODEL, termsOf());
        vm.prank(buyer);
        token.approve(address(market), 0);
    }

    function permitOf(uint256 key, address owner, uint256 amount) internal view returns (uint8, bytes32, bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                owner,
                address(market),
                amount,
                token.nonces(owner),
                block.timestamp
            )
        );
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }

    function testFuzz_buysWithoutAnAllowance(uint256 priceMax) public {
        priceMax = bound(priceMax, PRICE, type(uint256).max - 1);
        (uint8 v, bytes32 r, bytes32 s) = permitOf(buyerKey, buyer, priceMax);
        vm.prank(buyer);
        uint256 id = market.buyWithPermit(MODEL, priceMax, 1, block.timestamp, v, r, s);
        assertEq(market.balanceOf(buyer, id), 1);
        assertEq(token.allowance(buyer, address(market)), priceMax - PRICE);
    }

    function test_aPermitSentBeforeDoesNoHarm() public {
        (uint8 v, bytes32 r, bytes32 s) = permitOf(buyerKey, buyer, PRICE);
        token.permit(buyer, address(market), PRICE, block.timestamp, v, r, s);
        vm.prank(buyer);
        assertEq(market.balanceOf(buyer, market.buyWithPermit(MODEL, PRICE, 1, block.timestamp, v, r, s)), 1);
    }

    function testFuzz_RevertWhen_SignedByAnother(uint256 key) public {
        key = boundPrivateKey(key);
        vm.assume(key != buyerKey);
        (uint8 v, bytes32 r, bytes32 s) = permitOf(key, buyer, PRICE);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(market), 0, PRICE - 25)
        );
        vm.prank(buyer);
        market.buyWithPermit(MODEL, PRICE, 1, block.timestamp, v, r, s);
    }

    function test_RevertWhen_APermitOfABuyerIsUsedByAStranger() public {
        (uint8 v, bytes32 r, bytes32 s) = permitOf(buyerKey, buyer, PRICE);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(market), 0, PRICE - 25)
        );
        vm.prank(stranger);
        market.buyWithPermit(MODEL, PRICE, 1, block.timestamp, v, r, s);
    }
}

contract ModelMarketplaceTransferTest is ModelMarketplaceBase {
    function test_aTransferablePassMoves() public {
        publish(MODEL, termsOf());
        uint256 id = buyAs(buyer);
        vm.prank(buyer);
        market.safeTransferFrom(buyer, stranger, id, 1, "");
        assertTrue(market.hasAccess(stranger, MODEL, id));
        assertFalse(market.hasAccess(buyer, MODEL, id));
        assertEq(market.totalSupply(id), 1);
        assertEq(market.passesBought(MODEL, stranger), 0);
    }

    function test_RevertWhen_PassNotTransferable() public {
        IModelMarketplace.Terms memory terms = termsOf();
        terms.transferable = false;
        publish(MODEL, terms);
        uint256 id = buyAs(buyer);
        terms.transferable = true;
        update(terms);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.PassNotTransferable.selector, id));
        vm.prank(buyer);
        market.safeTransferFrom(buyer, stranger, id, 1, "");
        assertTrue(market.hasAccess(buyer, MODEL, id));
    }

    function test_RevertWhen_OneOfABatchIsNotTransferable() public {
        publish(MODEL, termsOf());
        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        ids[0] = buyAs(buyer);
        IModelMarketplace.Terms memory terms = termsOf();
        terms.transferable = false;
        update(terms);
        ids[1] = buyAs(buyer);
        values[0] = 1;
        values[1] = 1;
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.PassNotTransferable.selector, ids[1]));
        vm.prank(buyer);
        market.safeBatchTransferFrom(buyer, stranger, ids, values, "");
    }

    function test_RevertWhen_NotApproved() public {
        publish(MODEL, termsOf());
        uint256 id = buyAs(buyer);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, stranger, buyer));
        vm.prank(stranger);
        market.safeTransferFrom(buyer, stranger, id, 1, "");
    }

    function test_aBatchHasABound() public {
        publish(MODEL, termsOf());
        uint256 id = buyAs(buyer);
        uint256[] memory ids = new uint256[](64);
        uint256[] memory values = new uint256[](64);
        for (uint256 i = 0; i < 64; ++i) {
            ids[i] = id;
        }
        vm.prank(buyer);
        market.safeBatchTransferFrom(buyer, stranger, ids, values, "");
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.TooManyPasses.selector, 65, 64));
        vm.prank(buyer);
        market.safeBatchTransferFrom(buyer, stranger, new uint256[](65), new uint256[](65), "");
    }
}

contract ModelMarketplaceRateTest is ModelMarketplaceBase {
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        publish(MODEL, termsOf());
        id = buyAs(buyer);
    }

    function check_ratings(uint256 sum, uint256 count) internal view {
        (uint256 s, uint256 c) = market.ratings(MODEL);
        assertEq(s, sum);
        assertEq(c, count);
    }

    function testFuzz_countsOncePerAccountAndCanBeChanged(uint8 first, uint8 second, uint8 other) public {
        first = uint8(bound(first, 1, 5));
        second = uint8(bound(second, 1, 5));
        other = uint8(bound(other, 1, 5));
        vm.expectEmit(address(market));
        emit IModelMarketplace.ModelRated(MODEL, buyer, first, first, 1);
        vm.prank(buyer);
        market.rate(id, first);
        check_ratings(first, 1);
        vm.prank(buyer);
        market.rate(id, second);
        check_ratings(second, 1);
        buyAs(stranger);
        vm.prank(stranger);
        market.rate(id, other);
        check_ratings(uint256(second) + other, 2);
        assertEq(market.ratingOf(MODEL, buyer), second);
        assertEq(market.ratingOf(MODEL, stranger), other);
    }

    function test_RevertWhen_InvalidRating() public {
        vm.startPrank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.InvalidRating.selector, 0));
        market.rate(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.InvalidRating.selector, 6));
        market.rate(id, 6);
        market.rate(id, 1);
        market.rate(id, 5);
    }

    function expectNotHolder(uint256 pass, address account) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotPassHolder.selector, pass, account));
        vm.prank(account);
        market.rate(pass, 3);
    }

    function test_RevertWhen_NotPassHolder() public {
        expectNotHolder(id, stranger);
        expectNotHolder(0, stranger);
        expectNotHolder(0, buyer);
    }

    function test_RevertWhen_OnePassIsHandedRoundForMoreVotes() public {
        vm.prank(buyer);
        market.rate(id, 5);
        vm.prank(buyer);
        market.safeTransferFrom(buyer, stranger, id, 1, "");
        expectNotHolder(id, stranger);
        expectNotHolder(id, buyer);
        check_ratings(5, 1);
    }

    function test_RevertWhen_ThePassRanOut() public {
        IModelMarketplace.Terms memory terms = termsOf();
        terms.passSeconds = 10;
        update(terms);
        uint256 timed = buyAs(stranger);
        skip(9);
        vm.prank(stranger);
        market.rate(timed, 3);
        skip(1);
        expectNotHolder(timed, stranger);
    }

    function test_RevertWhen_PublisherCannotRate() public {
        uint256 own = buyAs(publisher);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.PublisherCannotRate.selector, MODEL));
        vm.prank(publisher);
        market.rate(own, 5);
    }

    function test_aPassOfOneModelRatesNoOther() public {
        publish("other", termsOf());
        vm.prank(buyer);
        market.rate(id, 5);
        (uint256 sum, uint256 count) = market.ratings("other");
        assertEq(sum + count, 0);
    }
}

contract ModelMarketplaceRoyaltyTest is ModelMarketplaceBase {
    function setUp() public override {
        super.setUp();
        publish(MODEL, termsOf());
    }

    function testFuzz_isABasisPointPartForThePublisher(uint128 amount, uint16 bps) public {
        bps = uint16(bound(bps, 0, 1000));
        IModelMarketplace.Terms memory terms = termsOf();
        terms.royaltyBps = bps;
        publish("other", terms);
        (address receiver, uint256 royalty) = market.royaltyOf("other", amount);
        assertEq(receiver, publisher);
        assertEq(royalty, uint256(amount) * bps / 10_000);
    }

    function test_nobodyGetsAnythingOfAnUnknownModel() public view {
        (address receiver, uint256 royalty) = market.royaltyOf("x", 1 ether);
        assertEq(receiver, address(0));
        assertEq(royalty, 0);
        assertEq(market.royaltyBpsAt(MODEL, parameters.currentEpoch() - 1), 0);
    }

    function test_aChangeHoldsFromTheNextEpochAndThePastStays() public {
        uint64 epoch = parameters.currentEpoch();
        IModelMarketplace.Terms memory terms = termsOf();
        terms.royaltyBps = 900;
        update(terms);
        terms.royaltyBps = 1000;
        update(terms);
        (, uint256 royalty) = market.royaltyOf(MODEL, 10_000);
        assertEq(royalty, ROYALTY);
        skip(1 hours - 1);
        (, royalty) = market.royaltyOf(MODEL, 10_000);
        assertEq(royalty, ROYALTY);
        skip(1);
        (, royalty) = market.royaltyOf(MODEL, 10_000);
        assertEq(royalty, 1000);
        assertEq(market.royaltyBpsAt(MODEL, epoch), ROYALTY);
        assertEq(market.royaltyBpsAt(MODEL, epoch + 1), 1000);
    }

    function test_staysWhenDelisted() public {
        vm.prank(publisher);
        market.delist(MODEL);
        (address receiver, uint256 royalty) = market.royaltyOf(MODEL, 10_000);
        assertEq(receiver, publisher);
        assertEq(royalty, ROYALTY);
    }
}

contract ModelMarketplacePayRoyaltyTest is ModelMarketplaceBase {
    function setUp() public override {
        super.setUp();
        publish(MODEL, termsOf());
    }

    function testFuzz_isOwedToThePublisherAndPaidOnce(uint96 first, uint96 second) public {
        uint256 a = bound(first, 1, 400_000 ether);
        uint256 b = bound(second, 1, 400_000 ether);
        vm.startPrank(buyer);
        vm.expectEmit(address(market));
        emit IModelMarketplace.RoyaltyPaid(MODEL, publisher, buyer, a);
        market.payRoyalty(MODEL, a);
        market.payRoyalty(MODEL, b);
        vm.stopPrank();
        assertEq(market.royaltiesOwed(publisher), a + b);
        assertEq(market.totalRoyaltiesOwed(), a + b);
        assertEq(token.balanceOf(address(market)), a + b);

        vm.expectEmit(address(market));
        emit IModelMarketplace.RoyaltyWithdrawn(publisher, a + b);
        vm.prank(stranger);
        assertEq(market.withdrawRoyalties(publisher), a + b);
        assertEq(token.balanceOf(publisher), a + b);
        assertEq(market.royaltiesOwed(publisher), 0);
        assertEq(market.totalRoyaltiesOwed(), 0);
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NothingOwed.selector, publisher));
        market.withdrawRoyalties(publisher);
    }

    function test_RevertWhen_ZeroAmount() public {
        vm.expectRevert(IModelMarketplace.ZeroAmount.selector);
        vm.prank(buyer);
        market.payRoyalty(MODEL, 0);
    }

    function test_RevertWhen_UnknownModel() public {
        vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.UnknownModel.selector, bytes32("x")));
        vm.prank(buyer);
        market.payRoyalty("x", 1);
    }

    function test_RevertWhen_NotPaid() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(market), 0, 1));
        vm.prank(stranger);
        market.payRoyalty(MODEL, 1);
    }
}

/// @notice A buyer that does something else while it is handed its pass.
contract Reentrant is IERC1155Receiver {
    ModelMarketplace internal immutable market;
    bytes internal attack;
    bytes internal lastError;
    bool internal swallow;
    uint256 public balanceSeen;
    uint256 public passesSoldSeen;

    constructor(ModelMarketplace market_, IERC20 token) {
        market = market_;
        token.approve(address(market_), type(uint256).max);
    }

    function arm(bytes calldata attack_, bool swallow_) external {
        attack = attack_;
        swallow = swallow_;
    }

    function buy(bytes32 model) external returns (uint256) {
        return market.buy(model, type(uint256).max, 1);
    }

    function send(address to, uint256 id) external {
        market.safeTransferFrom(address(this), to, id, 1, "");
    }

    function reason() external view returns (bytes memory) {
        return lastError;
    }

    function onERC1155Received(address, address, uint256 id, uint256, bytes calldata) external returns (bytes4) {
        balanceSeen = market.balanceOf(address(this), id);
        passesSoldSeen = market.listing(market.pass(id).model).passesSold;
        if (attack.length != 0) {
            (bool ok, bytes memory data) = address(market).call(attack);
            lastError = data;
            if (!ok && !swallow) {
                assembly ("memory-safe") {
                    revert(add(data, 0x20), mload(data))
                }
            }
        }
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        returns (bytes4)
    {
        (, lastError) = address(market).call(attack);
        return this.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == type(IERC1155Receiver).interfaceId || id == type(IERC165).interfaceId;
    }
}

contract ModelMarketplaceReentrancyTest is ModelMarketplaceBase {
    Reentrant internal attacker;
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        publish(MODEL, termsOf());
        attacker = new Reentrant(market, token);
        id = market.passId(MODEL, 0, true, termsOf().licenceHash);
        vm.prank(buyer);
        token.transfer(address(attacker), 10 * PRICE);
    }

    function check_refusedInside(bytes memory attack) internal {
        bytes memory refused = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        attacker.arm(attack, false);
        vm.expectRevert(refused);
        attacker.buy(MODEL);

        // The attacker that swallows the refusal has bought one pass, for one price, and no more.
        attacker.arm(attack, true);
        attacker.buy(MODEL);
        assertEq(attacker.reason(), refused);
        assertEq(market.balanceOf(address(attacker), id), 1);
        assertEq(market.totalSupply(id), 1);
        assertEq(market.listing(MODEL).passesSold, 1);
        assertEq(token.balanceOf(address(attacker)), 9 * PRICE);
        (, uint256 count) = market.ratings(MODEL);
        assertEq(count, 0);
        // everything was booked before the callback
        assertEq(attacker.balanceSeen(), 1);
        assertEq(attacker.passesSoldSeen(), 1);
    }

    function test_RevertWhen_BuyingAgainInsideBuy() public {
        check_refusedInside(abi.encodeCall(market.buy, (MODEL, PRICE, 1)));
    }

    function test_RevertWhen_BuyingWithPermitInsideBuy() public {
        check_refusedInside(abi.encodeCall(market.buyWithPermit, (MODEL, PRICE, 1, block.timestamp, 27, 0, 0)));
    }

    function test_RevertWhen_RatingInsideBuy() public {
        check_refusedInside(abi.encodeCall(market.rate, (id, 5)));
    }

    function test_RevertWhen_TransferringInsideBuy() public {
        check_refusedInside(abi.encodeCall(market.safeTransferFrom, (address(attacker), stranger, id, 1, "")));
    }

    function test_RevertWhen_TransferringABatchInsideBuy() public {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        ids[0] = id;
        values[0] = 1;
        check_refusedInside(
            abi.encodeCall(market.safeBatchTransferFrom, (address(attacker), stranger, ids, values, ""))
        );
    }

    function test_RevertWhen_BuyingInsideATransfer() public {
        bytes memory refused = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        buyAs(buyer);
        attacker.arm(abi.encodeCall(market.buy, (MODEL, PRICE, 1)), false);
        vm.expectRevert(refused);
        vm.prank(buyer);
        market.safeTransferFrom(buyer, address(attacker), id, 1, "");

        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        ids[0] = ids[1] = id;
        values[0] = 1;
        vm.prank(buyer);
        market.safeBatchTransferFrom(buyer, address(attacker), ids, values, "");
        assertEq(attacker.reason(), refused);
    }

    function test_RevertWhen_TheBuyerIsAContractThatTakesNoPasses() public {
        address deaf = address(parameters);
        vm.prank(buyer);
        token.transfer(deaf, PRICE);
        vm.prank(deaf);
        token.approve(address(market), PRICE);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, deaf));
        vm.prank(deaf);
        market.buy(MODEL, PRICE, 1);
        assertEq(token.balanceOf(deaf), PRICE);
    }
}
