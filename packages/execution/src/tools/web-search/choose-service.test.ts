import { describe, expect, it } from "vitest";
import { chooseService } from "./choose-service.ts";
import type { SearchSettings } from "./search-service.ts";

const settings = (more: Partial<SearchSettings>): SearchSettings => ({
  service: "searxng",
  baseUrl: "",
  secret: "",
  ...more,
});
const said = (more: Partial<SearchSettings>): string => {
  const chosen = chooseService(settings(more));
  return chosen.ok
    ? `${chosen.value.target.authority} ${chosen.value.service.base}`
    : `${chosen.error.code} ${String(chosen.error.context["key"])}: ${String(chosen.error.context["problem"])}`;
};

describe("the service that the owner set", () => {
  it.each<[Partial<SearchSettings>, string]>([
    [{ service: "brave", secret: "search" }, "api.search.brave.com:443 https://api.search.brave.com"],
    [{ service: "duckduckgo" }, "html.duckduckgo.com:443 https://html.duckduckgo.com"],
    [{ baseUrl: "https://searx.example/" }, "searx.example:443 https://searx.example"],
    [{ baseUrl: "http://127.0.0.1:8888" }, "127.0.0.1:8888 http://127.0.0.1:8888"],
    [{ baseUrl: "http://localhost:8888/sx/" }, "localhost:8888 http://localhost:8888/sx"],
    [{ baseUrl: "http://[fd00::5]:8888" }, "[fd00::5]:8888 http://[fd00::5]:8888"],
    [{ baseUrl: "http://192.168.1.5:8888", secret: "search" }, "192.168.1.5:8888 http://192.168.1.5:8888"],
  ])("stands where it stands: %j", (more, where) => {
    expect(said(more)).toBe(where);
  });

  it.each<[Partial<SearchSettings>, string, RegExp]>([
    [{ service: "none" }, "web.search.service", /set it to searxng, brave or duckduckgo/],
    [{}, "web.search.baseUrl", /SearXNG needs the address of a server/],
    [{ service: "brave" }, "web.search.secret", /moltbot secret set brave --host api\.search\.brave\.com/],
    [{ baseUrl: "ftp://x.example" }, "web.search.baseUrl", /only http:\/\/ and https:\/\//],
    [{ baseUrl: "http://0x7f000001:8888" }, "web.search.baseUrl", /disguised|nobody may be asked there/],
    [{ baseUrl: "http://169.254.169.254" }, "web.search.baseUrl", /nobody may be asked there \(link-local\)/],
    [{ baseUrl: "http://searx.example", secret: "search" }, "web.search.baseUrl", /over https alone/],
  ])("says what to set: %j", (more, key, problem) => {
    expect(said(more).startsWith(`SEARCH_NOT_SET_UP ${key}: `)).toBe(true);
    expect(said(more)).toMatch(problem);
  });
});
