// @ts-check
import { definePlugin } from "@moltbot/plugin-sdk";

/** @typedef {import("@moltbot/plugin-sdk").Host} Host */
/** @typedef {import("@moltbot/plugin-sdk").Json} Json */
/** @typedef {{ name: string, region: string[], latitude: number, longitude: number }} Place */

const GEOCODING = "https://geocoding-api.open-meteo.com/v1/search";
const FORECAST = "https://api.open-meteo.com/v1/forecast";

/** What is asked of each day: Open-Meteo's name, and ours. */
const DAILY = /** @type {const} */ ({
  temperature_2m_max: "high",
  temperature_2m_min: "low",
  precipitation_sum: "rain",
  precipitation_probability_max: "rainChance",
  wind_speed_10m_max: "wind",
});

/** WMO 4677, as Open-Meteo uses it: the code from which on the words hold. */
const SKIES = /** @type {const} */ ([
  [0, "clear"],
  [1, "mostly clear"],
  [2, "partly cloudy"],
  [3, "overcast"],
  [45, "fog"],
  [51, "drizzle"],
  [56, "freezing drizzle"],
  [61, "light rain"],
  [63, "rain"],
  [65, "heavy rain"],
  [66, "freezing rain"],
  [71, "light snow"],
  [73, "snow"],
  [75, "heavy snow"],
  [77, "snow grains"],
  [80, "rain showers"],
  [85, "snow showers"],
  [95, "thunderstorm"],
  [96, "thunderstorm with hail"],
]);

/** What whoever asked is told. The words of an error reach the log alone: what an agent shall read is given back. */
class Problem extends Error {}

/** The code of a refusal of the house; empty for any other error. @param {unknown} thrown @returns {string} */
const codeOf = (thrown) => (thrown instanceof Error && "code" in thrown ? String(thrown.code) : "");

/**
 * A tool that tells its own problems and the house's; anything else that it throws is a fault of its code.
 * @template Args
 * @param {(args: Args, host: Host) => Promise<Json>} tool
 * @returns {(args: Args, host: Host) => Promise<Json>}
 */
const telling = (tool) => async (args, host) => {
  try {
    return await tool(args, host);
  } catch (thrown) {
    if (thrown instanceof Problem || (thrown instanceof Error && codeOf(thrown) !== ""))
      return { problem: thrown.message };
    throw thrown;
  }
};

/** @param {unknown} value @returns {Record<string, unknown>} an object, whatever came */
const fieldsOf = (value) =>
  typeof value === "object" && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};

/** @param {unknown} value @returns {unknown[]} a list, whatever came */
const listOf = (value) => (Array.isArray(value) ? value : []);

/** @param {unknown} value @returns {string} one line of at most 80 characters, whatever came */
const lineOf = (value) => (typeof value === "string" ? value.replace(/\s+/g, " ").trim().slice(0, 80) : "");

/** @param {unknown} value @returns {number | null} */
const numberOf = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** @param {string} address @param {Record<string, string | number>} query */
const withQuery = (address, query) =>
  `${address}?${Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&")}`;

/** @param {Host} host @param {string} url @returns {Promise<Record<string, unknown>>} */
const readJson = async (host, url) => {
  const { status, body } = await host.http.fetch({ url, headers: { accept: "application/json" } });
  if (status === 429) throw new Problem("Open-Meteo has been asked too often. Try again in an hour.");
  /** @type {unknown} */
  let answer;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new Problem(`Open-Meteo answered ${status}, and no JSON`);
  }
  const fields = fieldsOf(answer);
  if (status !== 200 || fields.error === true)
    throw new Problem(`Open-Meteo answered ${status}: ${lineOf(fields.reason) || "without a reason"}`);
  return fields;
};

/** @param {unknown} found @returns {Place[]} none where it has no position */
const placeOf = (found) => {
  const { name, latitude, longitude, admin1, country, country_code } = fieldsOf(found);
  const [north, east] = [numberOf(latitude), numberOf(longitude)];
  if (north === null || east === null || lineOf(name) === "") return [];
  const parts = [lineOf(name), lineOf(admin1), lineOf(country) || lineOf(country_code)].filter((part) => part !== "");
  const region = [admin1, country, country_code].map((part) => lineOf(part).toLowerCase());
  return [{ name: parts.join(", "), region, latitude: north, longitude: east }];
};

/** Whether a place lies in what was written after the comma: `US` is no part of `Russia`. @param {Place} place @param {string} wanted */
const liesIn = ({ region }, wanted) =>
  region.some((part) => part === wanted.toLowerCase() || (wanted.length > 3 && part.includes(wanted.toLowerCase())));

/** The places of that name, the likeliest first. @param {Host} host @param {string} asked @returns {Promise<Place[]>} */
const findPlaces = async (host, asked) => {
  const [name = "", ...region] = asked.split(",").map((part) => part.trim());
  if (name.length < 2) throw new Problem("A place has a name of at least two letters.");
  const answer = await readJson(host, withQuery(GEOCODING, { name, count: 10, language: "en", format: "json" }));
  const places = listOf(answer.results).flatMap(placeOf);
  const fits = places.filter((place) => region.every((wanted) => liesIn(place, wanted)));
  if (fits.length === 0 && places.length > 0) {
    const known = places.slice(0, 5).map((one) => one.name);
    throw new Problem(`No ${name} was found in ${region.join(", ")}, but: ${known.join("; ")}.`);
  }
  return fits;
};

/** @param {number | null} code */
const skyOf = (code) => (code === null ? null : (SKIES.findLast(([from]) => from <= code)?.[1] ?? null));

/** One object for each day, of lists that each hold one value for each day. @param {Record<string, unknown>} daily @param {number} days */
const daysOf = (daily, days) =>
  listOf(daily.time)
    .slice(0, days)
    .map((date, at) => ({
      date: lineOf(date),
      sky: skyOf(numberOf(listOf(daily.weather_code)[at])),
      ...Object.fromEntries(Object.entries(DAILY).map(([theirs, ours]) => [ours, numberOf(listOf(daily[theirs])[at])])),
    }));

/** @param {{ place: string, days?: number }} args @param {Host} host @returns {Promise<Json>} */
const forecast = async ({ place, days = 3 }, host) => {
  const [found, ...others] = await findPlaces(host, place);
  if (found === undefined) throw new Problem(`Open-Meteo knows no place called ${place}.`);
  const answer = await readJson(
    host,
    withQuery(FORECAST, {
      latitude: found.latitude,
      longitude: found.longitude,
      daily: ["weather_code", ...Object.keys(DAILY)].join(","),
      timezone: "auto",
      forecast_days: days,
    }),
  );
  const units = fieldsOf(answer.daily_units);
  return {
    place: found.name,
    otherPlacesOfThatName: others.slice(0, 4).map(({ name }) => name),
    days: daysOf(fieldsOf(answer.daily), days),
    units: Object.fromEntries(Object.entries(DAILY).map(([theirs, ours]) => [ours, lineOf(units[theirs])])),
    timezone: lineOf(answer.timezone),
    source: "Open-Meteo.com (CC BY 4.0)",
  };
};

export default definePlugin({ tools: { forecast: telling(forecast) } });
