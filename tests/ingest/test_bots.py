from __future__ import annotations

import re
from pathlib import Path

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from mallard.ingest.bots import PEOPLE, Bot, classify

BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
LINUX = f"Mozilla/5.0 (X11; Linux x86_64) {BLINK}"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {BLINK}"
PIXEL = f"Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A.230803.041; wv) {BLINK} Version/4.0"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) {WEBKIT}"

BROWSERS = {
    "desktop": [
        f"{WINDOWS} Chrome/148.0.0.0 Safari/537.36",
        f"{WINDOWS} Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0",
        f"{WINDOWS} Chrome/146.0.0.0 Safari/537.36 OPR/130.0.0.0",
        f"{WINDOWS} Chrome/146.0.0.0 Safari/537.36 Vivaldi/7.9.3970.45",
        f"{WINDOWS} Chrome/144.0.0.0 YaBrowser/26.3.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0",
        "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:115.0) Gecko/20100101 Firefox/115.0",
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
        f"{MAC} {WEBKIT} Version/26.4 Safari/605.1.15",
        f"{MAC} {BLINK} Chrome/148.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:148.0) Gecko/20100101 Firefox/148.0",
        f"{MAC} {BLINK} Slack/4.49.81 Chrome/146.0.0.0 Electron/41.0.1 Safari/537.36",
        f"{LINUX} Chrome/148.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0",
        f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Version/18.0 Safari/605.1.15 Epiphany/605.1.15",
        "Mozilla/5.0 (X11; FreeBSD amd64; rv:148.0) Gecko/20100101 Firefox/148.0",
        f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {BLINK} Chrome/148.0.0.0 Safari/537.36",
    ],
    "mobile": [
        f"{IPHONE} Version/26.4 Mobile/15E148 Safari/604.1",
        f"{IPHONE} CriOS/148.0.7778.100 Mobile/15E148 Safari/604.1",
        f"{IPHONE} FxiOS/148.0 Mobile/15E148 Safari/605.1.15",
        f"{IPHONE} EdgiOS/148.0.0.0 Version/18.0 Mobile/15E148 Safari/604.1",
        f"{IPHONE} Version/17.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
        f"{ANDROID} Chrome/148.0.0.0 Mobile Safari/537.36",
        f"{ANDROID} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
        f"{ANDROID} Chrome/148.0.0.0 Mobile Safari/537.36 EdgA/148.0.0.0",
        f"{ANDROID} Chrome/146.0.0.0 Mobile Safari/537.36 OPR/93.0.0.0",
        "Mozilla/5.0 (Android 15; Mobile; rv:148.0) Gecko/148.0 Firefox/148.0",
        f"Mozilla/5.0 (Linux; Android 10; CUBOT_X18) {BLINK} Chrome/120.0 Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 11; Cubot Note 20) {BLINK} Chrome/120.0 Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; U; Android 13; en-US; RMX3085) {BLINK} UCBrowser/13.4.0 Mobile",
        "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
        "Mozilla/5.0 (Mobile; Nokia 2720 Flip; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.4",
    ],
    "tablet": [
        f"Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) {WEBKIT} Version/16.6 Mobile/15E148 Safari",
        f"Mozilla/5.0 (Linux; Android 14; SM-X710) {BLINK} Chrome/148.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 9; KFMAWI) {BLINK} Silk/93.2 like Chrome/93 Safari/537.36",
    ],
    "web view": [
        f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/469.0.0.33.109;FBDV/iPhone14,7;FBLC/en_US]",
        f"{PIXEL} Chrome/148.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/469.0.0.51.84;]",
        f"{IPHONE} Mobile/21F79 Instagram 336.0.0.25.102 (iPhone14,5; iOS 17_5; en_US; scale=3.00)",
        f"{PIXEL} Chrome/148.0.0.0 Mobile Safari/537.36 musical_ly_2023 BytedanceWebview/d8a2",
        f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.29.7564",
        f"{IPHONE} Mobile/15E148 [Pinterest/iOS]",
        f"{IPHONE} Mobile/15E148 Snapchat/12.93.0.39 (like Safari/8618.2.12.10.7, panda)",
        f"{PIXEL} Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.47.2560 WeChat/arm64",
        f"{IPHONE} Mobile/15E148 Safari Line/14.8.0",
        f"{IPHONE} Mobile/15E148 KAKAOTALK 10.8.2",
        f"{IPHONE} GSA/321.0.642804631 Mobile/15E148 Safari/604.1",
        f"{IPHONE} Mobile/21F79 Twitter for iPhone/10.45",
    ],
    "television, console, headset": [
        f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) {BLINK} 94.0.4606.31/7.0 TV Safari/537.36",
        f"Mozilla/5.0 (Web0S; Linux/SmartTV) {BLINK} Chrome/108.0 Safari/537.36 WebAppManager",
        f"Mozilla/5.0 (Linux; Android 9; AFTS) {BLINK} Silk/126.3 like Chrome/126 Safari/537.36",
        f"Mozilla/5.0 (PlayStation; PlayStation 5/6.50) {WEBKIT} Version/17.0 Safari/605.1.15",
        "Mozilla/5.0 (Nintendo Switch; WebApplet) AppleWebKit/609.4 NF/6.0.2.22 NintendoBrowser/5",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) {BLINK} Chrome/126.0 Edge/44.1",
        f"Mozilla/5.0 (Linux; Android 12; Quest 3) {BLINK} OculusBrowser/33.0 Chrome/126 VR Safari",
    ],
    "text": [
        "Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8",
        "w3m/0.5.3+git20230121",
        "Links (2.29; Linux 6.1.0 x86_64; GNU C 12.2; text)",
        "ELinks/0.13.1 (textmode; Linux 4.19 x86_64; 80x24)",
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", BROWSERS)
def test_people_are_no_bots(kind: str) -> None:
    assert {agent: classify(agent) for agent in BROWSERS[kind]} == dict.fromkeys(BROWSERS[kind])


@pytest.mark.parametrize(
    "user_agent",
    [
        "", " ", "curl/8.5.0", "Wget/1.21.4", "Wget2/2.1.0", "HTTPie/3.2.2", "xh/0.22.0",
        "python-requests/2.32.3", "Python-urllib/3.11", "python-urllib3/2.2.1",
        "python-httpx/0.27.0", "Python/3.11 aiohttp/3.9.5", "Go-http-client/2.0",
        "node", "Node.js/22", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
        "undici", "axios/1.7.2", "got (https://github.com/sindresorhus/got)",
        "Deno/1.44.0", "Bun/1.1.12", "okhttp/4.12.0", "Java/17.0.11", "Java-http-client/21.0.3",
        "Apache-HttpClient/4.5.14 (Java/17.0.11)", "Jakarta Commons-HttpClient/3.1",
        "ReactorNetty/1.1.19", "Ktor client", "Ruby", "Faraday v2.9.0", "http.rb/5.2.0",
        "rest-client/2.1.0 (linux x86_64) ruby/3.2.2p53", "GuzzleHttp/7",
        "GuzzleHttp/6.5.5 curl/7.68.0 PHP/7.4.3", "PHP/8.3", "Symfony HttpClient (Curl)",
        "WordPress/6.5; https://shop.example", "PostmanRuntime/7.39.0", "insomnia/9.2.0",
        "Dart/3.4 (dart:io)", "libwww-perl/6.76", "reqwest/0.12", "RestSharp/111.2.0.0",
        "Amazon CloudFront",
    ],
)  # fmt: skip
def test_a_generic_http_client_is_a_client(user_agent: str) -> None:
    assert classify(user_agent) is Bot.CLIENT


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        f"{LINUX}; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "WhatsApp/2.23.20.0",
        "Scrapy/2.11.2 (+https://scrapy.org)",
        "crawler4j (https://github.com/yasserg/crawler4j/)",
        f"{LINUX} HeadlessChrome/148.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 PhantomJS/2.1.1 Safari/538.1",
        f"{WINDOWS} Chrome/148.0.0.0 Safari/537.36 Playwright/1.40.0",
        f"{LINUX} Chrome/148.0.0.0 Safari/537.36 Puppeteer",
        f"{WINDOWS} Chrome/148.0.0.0 Safari/537.36; Selenium",
        f"{ANDROID} Chrome/148.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
        "Mozilla/5.0 (compatible; NobodyKnowsThisBot/1.0; +http://other.example/bot)",
    ],
)
def test_crawlers_monitors_and_headless_browsers_are_crawlers(user_agent: str) -> None:
    assert classify(user_agent) is Bot.CRAWLER


def test_every_example_of_the_crawler_list_is_a_bot() -> None:
    examples = [example for entry in CRAWLER_USER_AGENTS_DATA for example in entry["instances"]]
    assert len(examples) > 1000
    people = [re.compile(pattern) for of_kind in PEOPLE.values() for pattern in of_kind]
    let_in = [example for example in examples if classify(example) is None]
    assert [example for example in let_in if not any(p.search(example) for p in people)] == []
    assert len(let_in) == 5


def test_what_is_left_out_of_the_list_is_in_it() -> None:
    listed = {entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA}
    assert {pattern for of_kind in PEOPLE.values() for pattern in of_kind} <= listed


def of_file(name: str) -> list[str]:
    """The user agents of a file of fixtures, one a line."""
    lines = (Path(__file__).parent / "user_agents" / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_of_a_hundred_people_one_or_two_are_taken_for_robots() -> None:
    people = of_file("browsers-of-people.txt")
    assert sum(classify(agent) is not None for agent in people) <= 0.015 * len(people)


def test_of_a_hundred_crawlers_five_are_taken_for_people() -> None:
    crawlers = of_file("crawlers.txt")
    assert sum(classify(agent) is None for agent in crawlers) <= 0.05 * len(crawlers)


@pytest.mark.parametrize(
    "agent",
    [
        f"{IPHONE} Mobile/22G100 Safari/604.1 MetaIAB Facebook",
        PIXEL.replace("UD1A.230803.041", "AP3A.240617.008") + " Chrome/142.0 Mobile Safari/537.36",
        f"{PIXEL} Chrome/120.0 Safari/537.36 Viber/11.9.5.8",
        f"{MAC} {BLINK} Code/1.115.0 Chrome/142.0.7444.265 Electron/39.8.5 Safari/537.36",
        f"{WINDOWS} Chrome/142.0 Safari/537.36 shop-app/2.1",
        f"{ANDROID} Chrome/142.0 Mobile Safari/537.36 SogouMobileBrowser/6.0",
        "Viber/12.8.0.1 CFNetwork/1121.2.2 Darwin/19.3.0",
        "Nokia6280/2.0 (03.60) Profile/MIDP-2.0 Configuration/CLDC-1.1",
        "Lynx/2.9.0dev.5 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.6.13",
    ],
)
def test_an_app_a_messenger_or_an_editor_is_a_person(agent: str) -> None:
    assert classify(agent) is None


@pytest.mark.parametrize(
    "agent",
    [
        f"{WINDOWS} Chrome/120.0 Safari/537.36 CloudflareObservatory/1.0",
        f"{LINUX} Chrome/120.0 Safari/537.36 datadogsynthetics",
        f"{LINUX} Cypress/13.6.0 Chrome/118.0 Electron/27.1.3 Safari/537.36",
        "Mozilla/5.0 (compatible; SomethingNew/1.0)",
        f"{LINUX.removesuffix(')')}; compatible; pageburst) Chrome/139.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/602.1 (KHTML, like Gecko) QuiteRSS/0.18.12",
        f"{WINDOWS} Chrome/120.0 Safari/537.36 (see https://robots.example)",
        f"{WINDOWS} Chrome/120.0 Safari/537.36 (robots@example.org)",
    ],
)
def test_a_robot_in_the_form_of_a_browser_is_known_by_its_words(agent: str) -> None:
    assert classify(agent) is Bot.CRAWLER


@pytest.mark.parametrize(
    "agent", ["ELB-HealthChecker/2.0", "ApacheBench/2.3", "ClamAV/1.0", "my-shop/2.1", "-"]
)
def test_what_has_no_form_of_a_browser_is_a_client(agent: str) -> None:
    assert classify(agent) is Bot.CLIENT


def test_the_leading_product_alone_makes_a_runtime_a_client() -> None:
    assert classify(f"{WINDOWS} Chrome/148.0.0.0 node/22 Java/17 Safari/537.36") is None
    assert classify(f"{WINDOWS} Chrome/148.0.0.0 Safari/537.36 nodeshop/1.0") is None


@given(st.text(st.characters(exclude_categories=[]), max_size=3000))
def test_any_text_is_classified(user_agent: str) -> None:
    assert classify(user_agent) in {None, Bot.CLIENT, Bot.CRAWLER}
