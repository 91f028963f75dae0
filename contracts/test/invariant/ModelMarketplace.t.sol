// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IModelMarketplace } from "../../src/interfaces/IModelMarketplace.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { ModelMarketplace } from "../../src/l2/ModelMarketplace.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { MarketTest } from "../utils/MarketMocks.sol";
import { MockParameters } from "../utils/MockParameters.sol";

/// @notice Publishers, buyers and payers in any order, with sums kept beside the contract.
contract MarketplaceHandler is MarketTest {
    uint256 internal constant ACTORS = 4;
    uint256 internal constant MODELS = 3;
    uint256 internal constant PASSES_MAX = 32;

    CorToken public token;
    ModelMarketplace public market;
    MockParameters internal parameters;
    address public treasury = address(0x7EA);
    address[ACTORS] public actors;
    uint256[] public ids;

    uint256 public royaltiesPaid;
    uint256 public royaltiesWithdrawn;
    uint256 public fees;
    mapping(uint256 id => uint256) public bought;
    mapping(bytes32 model => uint256) public sold;

    constructor() {
        vm.warp(1_699_999_200);
        token = new CorToken(address(this), 4_000_000 ether);
        parameters = new MockParameters(1 hours);
        parameters.put(Parameter.RoyaltyMaxBps, 2000);
        market = new ModelMarketplace(token, parameters, treasury);
        for (uint256 i = 0; i < ACTORS; ++i) {
            actors[i] = address(uint160(0xAC70 + i));
            token.transfer(actors[i], 1_000_000 ether);
            vm.prank(actors[i]);
            token.approve(address(market), type(uint256).max);
        }
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function modelAt(uint256 which) public pure returns (bytes32) {
        return bytes32(which % MODELS + 1);
    }

    function publish(uint256 who, uint256 which, uint96 price, uint16 bps, uint32 lasts, bool transferable) external {
        if (market.listing(modelAt(which)).publisher != address(0)) return;
        vm.prank(actors[who % ACTORS]);
        market.publish(modelAt(which), "w", "t", termsOf(price, bps, lasts, transferable));
    }

    function update(uint256 which, uint96 price, uint16 bps, uint32 lasts, bool transferable) external {
        address publisher = market.listing(modelAt(which)).publisher;
        if (publisher == address(0)) return;
        vm.prank(publisher);
        market.update(modelAt(which), termsOf(price, bps, lasts, transferable));
    }

    function toggle(uint256 which) external {
        IModelMarketplace.Listing memory l = market.listing(modelAt(which));
        if (l.publisher == address(0)) return;
        vm.prank(l.publisher);
        if (l.listed) market.delist(modelAt(which));
        else market.relist(modelAt(which));
    }

    function handOver(uint256 who, uint256 which) external {
        address publisher = market.listing(modelAt(which)).publisher;
        if (publisher == address(0)) return;
        vm.prank(publisher);
        market.offerListing(modelAt(which), actors[who % ACTORS]);
        vm.prank(actors[who % ACTORS]);
        market.acceptListing(modelAt(which));
    }

    function buy(uint256 who, uint256 which, uint16 feeBps) external {
        IModelMarketplace.Listing memory l = market.listing(modelAt(which));
        address buyer = actors[who % ACTORS];
        if (!l.listed || ids.length >= PASSES_MAX || token.balanceOf(buyer) < l.terms.accessPrice) return;
        feeBps = uint16(bound(feeBps, 0, 10_000));
        parameters.put(Parameter.MarketFeeBps, feeBps);
        vm.prank(buyer);
        uint256 id = market.buy(modelAt(which), l.terms.accessPrice, l.version);
        if (bought[id] == 0) ids.push(id);
        ++bought[id];
        ++sold[modelAt(which)];
        fees += uint256(l.terms.accessPrice) * feeBps / 10_000;
    }

    function transfer(uint256 who, uint256 to, uint256 which) external {
        if (ids.length == 0) return;
        uint256 id = ids[which % ids.length];
        address from = actors[who % ACTORS];
        if (market.balanceOf(from, id) == 0) return;
        if (!market.pass(id).transferable) {
            vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.PassNotTransferable.selector, id));
        }
        vm.prank(from);
        market.safeTransferFrom(from, actors[to % ACTORS], id, 1, "");
    }

    function rate(uint256 who, uint256 which, uint8 stars) external {
        if (ids.length == 0) return;
        uint256 id = ids[which % ids.length];
        bytes32 model = market.pass(id).model;
        address account = actors[who % ACTORS];
        bool may = market.hasAccess(account, model, id) && market.passesBought(model, account) > 0;
        if (!may) {
            vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.NotPassHolder.selector, id, account));
        } else if (market.listing(model).publisher == account) {
            vm.expectRevert(abi.encodeWithSelector(IModelMarketplace.PublisherCannotRate.selector, model));
        }
        vm.prank(account);
        market.rate(id, uint8(bound(stars, 1, 5)));
    }

    function payRoyalty(uint256 who, uint256 which, uint256 amount) external {
        address payer = actors[who % ACTORS];
        if (market.listing(modelAt(which)).publisher == address(0) || token.balanceOf(payer) == 0) return;
        amount = bound(amount, 1, token.balanceOf(payer));
        vm.prank(payer);
        market.payRoyalty(modelAt(which), amount);
        royaltiesPaid += amount;
    }

    function withdraw(uint256 who) external {
        if (market.royaltiesOwed(actors[who % ACTORS]) == 0) return;
        royaltiesWithdrawn += market.withdrawRoyalties(actors[who % ACTORS]);
    }

    function wait(uint256 time) external {
        skip(bound(time, 1, 12 hours));
    }

    function termsOf(uint96 price, uint16 bps, uint32 lasts, bool transferable)
        private
        pure
        returns (IModelMarketplace.Terms memory terms)
    {
        terms.cid = hex"01";
        terms.licence = "MIT";
        terms.licenceHash = "licence";
        terms.accessPrice = uint128(bound(price, 0, 10_000 ether));
        terms.royaltyBps = uint16(bound(bps, 0, 2000));
        terms.passSeconds = uint32(bound(lasts, 0, 1 days));
        terms.transferable = transferable;
    }
}

contract ModelMarketplaceInvariantTest is MarketTest {
    MarketplaceHandler internal handler;
    ModelMarketplace internal market;

    function setUp() public override {
        super.setUp();
        handler = new MarketplaceHandler();
        market = handler.market();
        bytes4[] memory selectors = new bytes4[](10);
        selectors[0] = MarketplaceHandler.publish.selector;
        selectors[1] = MarketplaceHandler.update.selector;
        selectors[2] = MarketplaceHandler.toggle.selector;
        selectors[3] = MarketplaceHandler.handOver.selector;
        selectors[4] = MarketplaceHandler.buy.selector;
        selectors[5] = MarketplaceHandler.transfer.selector;
        selectors[6] = MarketplaceHandler.rate.selector;
        selectors[7] = MarketplaceHandler.payRoyalty.selector;
        selectors[8] = MarketplaceHandler.withdraw.selector;
        selectors[9] = MarketplaceHandler.wait.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
    }

    function invariant_theBalanceIsWhatIsOwed() public view {
        uint256 owed;
        for (uint256 i = 0; i < 4; ++i) {
            owed += market.royaltiesOwed(handler.actors(i));
        }
        assertEq(market.totalRoyaltiesOwed(), owed);
        assertEq(owed, handler.royaltiesPaid() - handler.royaltiesWithdrawn());
        assertEq(handler.token().balanceOf(address(market)), owed);
        assertEq(handler.token().balanceOf(handler.treasury()), handler.fees());
    }

    function invariant_passSupplyIsPassesBought() public view {
        uint256 total;
        for (uint256 i = 0; i < handler.count(); ++i) {
            uint256 id = handler.ids(i);
            uint256 held;
            for (uint256 a = 0; a < 4; ++a) {
                held += market.balanceOf(handler.actors(a), id);
            }
            assertEq(held, handler.bought(id));
            assertEq(market.totalSupply(id), held);
            total += held;
        }
        assertEq(market.totalSupply(), total);
    }

    function invariant_ratingsAddUpAndAreNoMoreThanBuyers() public view {
        for (uint256 m = 0; m < 3; ++m) {
            bytes32 model = handler.modelAt(m);
            uint256 sum;
            uint256 count;
            uint256 buyers;
            uint256 boughtByAll;
            for (uint256 a = 0; a < 4; ++a) {
                address account = handler.actors(a);
                uint8 stars = market.ratingOf(model, account);
                assertLe(stars, 5);
                sum += stars;
                if (stars != 0) ++count;
                if (market.passesBought(model, account) != 0) ++buyers;
                boughtByAll += market.passesBought(model, account);
            }
            (uint256 s, uint256 c) = market.ratings(model);
            assertEq(s, sum);
            assertEq(c, count);
            assertLe(count, buyers);
            assertEq(boughtByAll, handler.sold(model));
            assertEq(market.listing(model).passesSold, handler.sold(model));
            address publisher = market.listing(model).publisher;
            assertEq(market.ratingOf(model, publisher), 0);
        }
    }
}
