import { describe, expect, it } from "vitest";
import { browserName } from "./browser-name.ts";

describe("the name that a browser begins with", () => {
  it("says which browser on which machine, as it describes itself", () => {
    const agents = [
      "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
      "something else",
    ];
    expect(agents.map(browserName)).toEqual(["Firefox on Linux", "Edge on Windows", "Safari on iPhone", "Browser"]);
  });
});
