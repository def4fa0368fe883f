import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHtml } from "./read-html.ts";

const { signal } = new AbortController();
const read = (html: string, address = "https://site.example/a/b") => readHtml(html, address, signal);
const textOf = async (html: string): Promise<string> => (await read(html)).text;

describe("a page as its visitor reads it", () => {
  it("keeps headings, paragraphs and line breaks, and joins what only the source breaks", async () => {
    expect(await textOf("<h1>One\n two</h1><p>three<br>four</p><div>five<p>six</div>seven<h3>8</h3>")).toBe(
      "# One two\n\nthree\nfour\n\nfive\n\nsix\n\nseven\n\n### 8",
    );
  });

  it("keeps lists, in one another and numbered", async () => {
    expect(await textOf("<ul><li>a<ul><li>b</ul><li><p>c</p><p>d</p></ul><ol><li>e<li>f</ol><li>g")).toBe(
      "- a\n  - b\n- c\n  d\n1. e\n2. f\n\n- g",
    );
  });

  it("shows where links lead, in full and in one spelling", async () => {
    expect(await textOf('<p><a href="../c?x=(1)">see <b>here</b></a>, <a href="//other.example">there</a></p>')).toBe(
      "[see here](https://site.example/c?x=%281%29), [there](https://other.example/)",
    );
    expect((await read('<base href="https://base.example/x/"><a href="y">z</a>')).text).toBe(
      "[z](https://base.example/x/y)",
    );
  });

  it("shows no address for a place in the page, a program, a file, or what is too long", async () => {
    const long = `https://x.example/${"y".repeat(600)}`;
    for (const href of ["#top", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "", "http://[", long])
      expect(await textOf(`<p><a href="${href}">words</a></p>`)).toBe("words");
    expect(await textOf('<p><a href="/x"><img alt="secret"></a>after</p>')).toBe("after");
  });

  it("closes a link at the end of its block, and one inside another", async () => {
    expect(await textOf('<a href="/x"><h2>title</h2><p>words</p></a>')).toBe(
      "## [title](https://site.example/x)\n\nwords",
    );
    expect(await textOf('<a href="/x">one <a href="/y">two</a> three')).toBe(
      "[one ](https://site.example/x)[two](https://site.example/y) three",
    );
  });

  it("keeps a table that lists things, and takes apart one that lays a page out", async () => {
    const table =
      "<table><caption>Tides</caption><thead><tr><th>port<th>time</thead><tr><td>A|B<td>06:12<tr><td><td>x</table>";
    expect(await textOf(table)).toBe("Tides\n\n| port | time |\n| --- | --- |\n| A\\|B | 06:12 |\n|  | x |");
    expect(await textOf("<table><tr><td>menu<td><h1>Big</h1><p>words</p></table>")).toBe("menu\n\n# Big\n\nwords");
    expect(await textOf("<table><tr><td><table><tr><td>a<td>b</table><td>c</table>")).toBe(
      "| a | b |\n| --- | --- |\n\nc",
    );
    expect(await textOf("<tr><td>alone")).toBe("alone");
    expect(await textOf("<table><td>a<td>b</table>")).toBe("| a | b |\n| --- | --- |");
  });

  it("keeps quotations and what is set as it is", async () => {
    expect(await textOf("<blockquote><p>a<br>b</p></blockquote><pre>\n  x {\n\n  y\n</pre>")).toBe(
      "> a\n> b\n\n```\n  x {\n\n  y\n```",
    );
  });

  it("takes what the page calls its main part, where that says enough", async () => {
    const words = "Words about the matter. ".repeat(15);
    const page = `<header>Shop</header><nav><a href=/>Home</a></nav><main><article><header><h1>Title</h1></header><p>${words}</p><aside>Ad</aside></article></main><footer>Imprint</footer>`;
    const { text, leftOut } = await read(page);
    expect(text).toBe(`# Title\n\n${words.trim()}`);
    expect(leftOut).toEqual(["menus and other parts around the main text"]);
  });

  it("takes everything but what is around it where no part is the main one, and everything where that says nothing", async () => {
    expect(await textOf(`<nav>menu</nav><p>words and words</p><div role=contentinfo>imprint</div>`)).toBe(
      "words and words",
    );
    expect(await textOf(`<nav>all that is here ${"and here ".repeat(60)}</nav><p>x</p>`)).toContain("all that is here");
    expect(await textOf(`<main>x</main><p>${"the words are elsewhere ".repeat(20)}</p>`)).toContain("elsewhere");
  });

  it("reads the title of the head alone, without its end too", async () => {
    const page = await read(
      "<head><title>A &amp; B\n</title><body><svg><title>not</title></svg><p>c<title>nor this</title>",
    );
    expect([page.title, page.text]).toEqual(["A & B", "c"]);
    expect((await read("<template><title>not</title></template><title>this</title>")).title).toBe("this");
    expect((await read(`<title>${"x".repeat(1_000)}</title>`)).title).toHaveLength(300);
  });

  it("leaves out programs, styles, what stands in for them, comments, media and choices", async () => {
    const out = [
      "script",
      "style",
      "noscript",
      "template",
      "svg",
      "object",
      "iframe",
      "video",
      "select",
      "textarea",
      "canvas",
    ];
    const page = out.map((name) => `<${name}>hostile</${name}>`).join("<p>x</p>");
    expect(
      await textOf(`${page}<!-- hostile --><img alt="hostile" title="hostile"><p data-x="hostile">y</p>`),
    ).not.toContain("hostile");
  });
});

describe("a page that would cost its reader dear", { timeout: 60_000 }, () => {
  it.each<[string, string]>([
    ["elements 100,000 deep, and as many ends of another", `${"<div>".repeat(100_000)}x${"</p>".repeat(100_000)}`],
    ["quotations 100,000 deep", "<blockquote>".repeat(100_000)],
    ["tables in tables", "<table><tr><td>".repeat(100_000)],
    ["foreign elements", "<svg><foreignObject>".repeat(100_000)],
    ["lists with paragraphs", `${"<ul><li>".repeat(200)}${"<p>x".repeat(60_000)}`],
    ["5 MB of '<'", "<".repeat(5_000_000)],
    ["5 MB of '</'", "</".repeat(2_500_000)],
    ["comments that never end", "<!--".repeat(1_000_000)],
    ["a script that never ends", `<script>${"</scrip".repeat(500_000)}`],
    ["half a million attributes", `<a ${"x=1 ".repeat(500_000)}>`],
    ["100,000 attributes of different names", `<a ${Array.from({ length: 100_000 }, (_, at) => `x${at}`).join(" ")}>`],
    ["styles that open comments", `<p style="${"/*".repeat(1_000_000)}">x`],
    ["styles of semicolons", `<p style="${";".repeat(2_000_000)}">x`],
    ["styles of noughts", `<p style="transform:scale(${"0".repeat(1_000_000)}">x`.repeat(2)],
    ["style elements that never begin", "<style".repeat(400_000)],
    ["rules without an end", `<style>${".x{".repeat(500_000)}`],
    ["rules in rules", `<style>${"@supports x{".repeat(200_000)}`],
    ["quotes in rules", `<style>${`"\n`.repeat(500_000)}`],
    [
      "many rules and many of whom they speak",
      `<style>${".x{left:0}".repeat(50_000)}</style>${"<p class=x>y".repeat(50_000)}`,
    ],
    ["an element of many classes", `<style>.x{left:0}</style><p class="${"x y ".repeat(200_000)}">y`],
    ["blanks", `<pre>a${" ".repeat(2_000_000)}b`],
    ["line breaks", "<br>".repeat(200_000)],
    ["character references", "&#x".repeat(700_000)],
    ["cells", "<td>".repeat(100_000)],
    ["links", "<a href=/x>y</a>".repeat(120_000)],
  ])("%s: is read to an end, and others are served meanwhile", async (_what, html) => {
    let turns = 0;
    const clock = setInterval(() => (turns += 1), 1);
    const page = await read(html);
    clearInterval(clock);
    expect(page.text.length).toBeLessThanOrEqual(html.length * 8);
    if (page.leftOut.every((part) => !part.includes("nested"))) expect(turns).toBeGreaterThan(0);
  });

  it("ends where elements stand too deep in one another, keeps what came before, and says so", async () => {
    const page = await read(`<p>before</p>${"<b>".repeat(600)}after`);
    expect(page.text).toBe("before");
    expect(page.leftOut).toEqual(["what follows elements nested more than 512 deep"]);
    expect(await textOf(`${"<b>".repeat(400)}inside${"</b>".repeat(400)} after`)).toBe("inside after");
  });

  it("stops when nobody waits for it any more", async () => {
    const stopped = new AbortController();
    stopped.abort();
    expect((await readHtml("<p>words", "https://site.example/", stopped.signal)).text).toBe("");
  });

  it("reads any text at all without an exception, and gives no tag of it back", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "<p>",
        "</p>",
        "<a href='",
        "'>",
        "<table>",
        "<td>",
        "</table>",
        "<li>",
        "<pre>",
        "</pre>",
        "<ul>",
        "</ul>",
      ),
      fc.constantFrom(
        "<h2>",
        "</h2>",
        "<tr>",
        "<br>",
        "<main>",
        "</main>",
        "<blockquote>",
        "</blockquote>",
        "</a>",
        "<title>",
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        const { text } = await read(pieces.join(""));
        expect(text).not.toMatch(/<(p|td|li|pre|h2|table|main)>/);
      }),
    );
  });
});
