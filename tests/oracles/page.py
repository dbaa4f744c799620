"""Shows a page of seedmill in a real browser, and counts what is wrong with it.

usage: page.py CHROMIUM PAGE FOLDER

Chromium runs without a window and is told what to do over a pipe (the DevTools protocol), so nothing but Python is
needed. Screenshots and a PDF go into FOLDER. Prints lines of a finding, a tab and a count; 0 is well.
"""

import base64
import collections
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Widths in CSS pixels: a desktop's window, a tablet's, a telephone's, the narrowest telephone's.
WIDTHS = {"desktop": 1280, "tablet": 820, "phone": 390, "small": 360}
SCHEMES = ("light", "dark")
VOID = {"meta", "link", "br", "wbr", "img", "hr", "input"}


class Browser:
    """A Chromium that obeys."""

    def __init__(self, program, profile):
        (browser_reads, self.write), (self.read, browser_writes) = os.pipe(), os.pipe()
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        arguments += ["--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-sync"]
        arguments += ["--disable-component-update", "--password-store=basic", "--force-color-profile=srgb"]
        arguments += [f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        # Chromium reads orders from descriptor 3 and answers on 4.
        command = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        self.process = subprocess.Popen(
            ["bash", "-c", command, "chromium", str(browser_reads), str(browser_writes), program, *arguments],
            pass_fds=(browser_reads, browser_writes),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        os.close(browser_reads)
        os.close(browser_writes)
        self.rest, self.number, self.session, self.events = b"", 0, None, []

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.read, 1 << 20)
            if not more:
                raise SystemExit("Chromium stopped: " + self.process.stderr.read().decode(errors="replace")[-2000:])
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        """Sends an order and waits for its answer; what happens meanwhile is kept."""
        self.number += 1
        order = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            order["sessionId"] = self.session
        os.write(self.write, json.dumps(order).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.message())

    def run(self, script):
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise SystemExit(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def close(self):
        self.session = None
        self.ask("Browser.close")
        self.process.wait(timeout=20)


class Tags(html.parser.HTMLParser):
    """Whether every element that is opened is closed, in order; which names and links there are."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.used, self.scripts = [], [], collections.Counter(), [], []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        self.look(tag, attributes)

    def handle_startendtag(self, tag, attributes):
        self.look(tag, attributes)

    def look(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(names) != len(set(names)):
            self.wrong.append(f"<{tag}> has an attribute twice")
        for name, value in attributes:
            if name == "id":
                self.ids[value] += 1
            elif name == "href" and value.startswith("#"):
                self.used.append(value[1:])
            elif name == "aria-labelledby":
                self.used.extend(value.split())
            if name in ("src", "srcset", "action", "data") or name.startswith("on"):
                self.scripts.append(f"{tag} {name}")
            if name in ("href", "xlink:href") and not value.startswith(("#", "data:,")):
                self.scripts.append(f"{tag} {name}")
        if tag in ("script", "iframe", "object", "embed", "img", "form"):
            self.scripts.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")


# Texts whose colour is too near to that of what they stand on. WCAG 2, 1.4.3: 4.5, and 3 for large ones.
CONTRAST = r"""
(() => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const read = colour => {
    context.clearRect(0, 0, 1, 1); context.fillStyle = colour; context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map(at => top[at] * top[3] + under[at] * (1 - top[3])).concat(1);
  const ground = element => {
    if (!element) return [255, 255, 255, 1];
    const own = read(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(element.parentElement));
  };
  const light = ([r, g, b]) => {
    const part = value => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const wrong = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || element.closest('title, desc') || !element.checkVisibility()) continue;
    if (element.closest('.inside')) continue; // stands on a shaded cell, which no parent is; a sign, not a text
    const style = getComputedStyle(element);
    const under = ground(element.closest('svg') ? element.closest('svg').parentElement : element);
    const colour = over(read(element instanceof SVGElement ? style.fill : style.color), under);
    const [a, b] = [light(colour), light(under)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    seen += 1;
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) {
      wrong.add(((a + 0.05) / (b + 0.05)).toFixed(2) + ' ' + (element.getAttribute('class') || element.tagName) + ': ' + walk.currentNode.data.trim().slice(0, 40));
    }
  }
  return seen > 200 ? [...wrong] : ['only ' + seen + ' texts'];
})()
"""

# What is wider than the window, apart from what is hidden on purpose.
OVERFLOW = r"""
(() => {
  const width = document.documentElement.clientWidth, wrong = [];
  if (document.documentElement.scrollWidth > width) wrong.push('the document: ' + document.documentElement.scrollWidth);
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('caption, thead, .skip, title, desc')) continue;
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.right > width + 1 || box.left < -1)) {
      wrong.push(element.tagName + '.' + (element.getAttribute('class') || '') + ' ' + Math.round(box.right) + ' ' + element.textContent.slice(0, 30));
    }
  }
  return wrong;
})()
"""

# Texts of pictures that touch each other, leave their picture, or are too small to read.
PICTURES = r"""
(() => {
  const wrong = [], touches = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 1.5 && b.top < a.bottom - 1.5;
  const all = [...document.querySelectorAll('svg')];
  if (all.length < 8) wrong.push('only ' + all.length + ' pictures');
  for (const svg of all) {
    const name = svg.querySelector('title').textContent, outer = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect(), text]);
    if (!svg.querySelector('path, rect, circle') || !texts.length) wrong.push(name + ': empty');
    texts.forEach(([text, box, element], at) => {
      if (box.left < outer.left - 2 || box.right > outer.right + 2 || box.top < outer.top - 2 || box.bottom > outer.bottom + 2) {
        wrong.push(name + ': "' + text + '" leaves the picture');
      }
      const size = parseFloat(getComputedStyle(element).fontSize) * outer.width / 400;
      if (size < SMALLEST) wrong.push(name + ': "' + text + '" has ' + size.toFixed(1) + ' px');
      for (const [other, its] of texts.slice(at + 1)) {
        if (touches(box, its)) wrong.push(name + ': "' + text + '" touches "' + other + '"');
      }
    });
    if (/NaN|inf/.test(svg.outerHTML)) wrong.push(name + ': a mark stands nowhere');
  }
  return wrong;
})()
"""


# Opens what is folded, and folds it again as it was.
UNFOLD = "(() => { for (const part of document.querySelectorAll('details:not([open])')) { part.open = true; part.dataset.was = 'closed'; } })()"
FOLD = "(() => { for (const part of document.querySelectorAll('[data-was]')) { part.open = false; delete part.dataset.was; } })()"

# Links that lead to what stays hidden; following one opens what is folded around its end, without a script.
LINKS = r"""
(async () => {
  const wrong = [];
  for (const link of document.querySelectorAll('main a[href^="#"], nav a[href^="#"]')) {
    const end = document.getElementById(link.hash.slice(1));
    link.click();
    await new Promise(done => setTimeout(done, 30));
    const box = end && end.getBoundingClientRect();
    if (!end || !end.checkVisibility({contentVisibilityAuto: true}) || box.height === 0) wrong.push(link.hash);
  }
  return wrong;
})()
"""

# Rows and pictures that a reader of paper does not get.
CLOSED = r"""
[...document.querySelectorAll('details tr, details figure, details li')]
  .filter(element => element.getBoundingClientRect().height === 0 || !element.checkVisibility())
  .map(element => element.textContent.slice(0, 60))
"""


def open_page(browser, page):
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
        browser.ask(f"{domain}.enable")
    browser.ask("Page.navigate", url=page.as_uri())
    browser.wait("Page.loadEventFired")


def look(browser, width, scheme, media=""):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.ask("Emulation.setEmulatedMedia", media=media, features=features)
    phone = width < 500
    browser.ask(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=2 if phone else 1, mobile=phone
    )


def picture(browser, path):
    image = browser.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
    path.write_bytes(base64.b64decode(image["data"]))


def loaded(browser, page):
    """What went wrong while the page was loaded."""
    said, left = [], []
    for event in browser.events:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Log.entryAdded":
                said.append(parameters["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                said.append(json.dumps(parameters)[:200])
            case "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if url != page.as_uri() and not url.startswith("data:"):
                    left.append(url)
    return {"messages in the console": said, "requests that leave the page": left}


def spoken(browser):
    """Pictures, tables and headings that a screen reader has no name for."""
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    roles, wrong = collections.Counter(), []
    for node in nodes:
        role = node.get("role", {}).get("value")
        roles[role] += 1
        named = node.get("name", {}).get("value", "").strip()
        if role in ("image", "heading", "table", "link", "columnheader", "rowheader") and not named and not node.get("ignored"):
            wrong.append(role)
    wrong += [f"no {role}" for role in ("image", "heading", "table", "row", "cell", "columnheader", "rowheader", "navigation", "main") if not roles[role]]
    return wrong


def shown(browser, folder):
    found = {}
    for device, width in WIDTHS.items():
        for scheme in SCHEMES:
            look(browser, width, scheme)
            where = f"on a {device}, {scheme}"
            picture(browser, folder / f"{device}-{scheme}.png")
            browser.run(UNFOLD)
            found[f"contrasts below 4.5 {where}"] = browser.run(CONTRAST)
            found[f"elements wider than the window {where}"] = browser.run(OVERFLOW)
            smallest = "9" if width < 500 else "10"
            found[f"unreadable texts in pictures {where}"] = browser.run(PICTURES.replace("SMALLEST", smallest))
            if scheme == SCHEMES[-1]:
                found[f"things without a name on a {device}"] = spoken(browser)
            browser.run(FOLD)
    found["links to what stays hidden"] = browser.run(LINKS)
    # Paper is light, whatever the screen is.
    look(browser, 760, "dark", "print")
    browser.run("document.querySelectorAll('details').forEach(part => part.open = false)")
    found["things folded away on paper"] = browser.run(CLOSED)
    found["contrasts below 4.5 on paper"] = browser.run(CONTRAST)
    ground = browser.run("getComputedStyle(document.body).backgroundColor")
    found["dark paper"] = [] if ground == "rgb(255, 255, 255)" else [ground]
    sheet = browser.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True, printBackground=True)
    pdf = base64.b64decode(sheet["data"])
    (folder / "print.pdf").write_bytes(pdf)
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    found["sheets beyond a dozen, or none"] = [] if 2 <= pages <= 12 else [f"{pages} sheets"]
    return found


def written(page):
    """What a parser finds in the text."""
    text = page.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    tags.close()
    twice = [name for name, count in tags.ids.items() if count > 1]
    lost = [name for name in tags.used if name not in tags.ids]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)
    return {
        "elements that are not closed": tags.wrong + tags.open,
        "names that stand twice": twice,
        "links to no name": lost,
        "things that load or run something": tags.scripts + re.findall(r"url\(|@import|https?:", style),
    }


def main():
    program, page, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    profile = tempfile.mkdtemp(prefix="seedmill-chromium-")
    found = written(page)
    try:
        browser = Browser(program, profile)
        open_page(browser, page)
        found |= shown(browser, folder)
        found |= loaded(browser, page)
        browser.close()
    finally:
        shutil.rmtree(profile, ignore_errors=True)
    for finding, wrong in found.items():
        for thing in wrong:
            print(f"{finding}: {thing}", file=sys.stderr)
        print(f"{finding}\t{len(wrong)}")


if __name__ == "__main__":
    main()
