/** Names of this machine for itself, where plain HTTP is read by nobody else. */
const OF_THIS_MACHINE = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/**
 * Why a text is no address under which people reach the gateway; undefined when it is one. A link carries a code that lets its holder
 * in: beyond this machine it travels by https, and it leads to the gateway's own root.
 */
export const publicUrlProblem = (text: string): string | undefined => {
  if (!URL.canParse(text)) return "it is no address such as https://moltbot.example";
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") return "it is no address such as https://moltbot.example";
  if (protocol === "http:" && !OF_THIS_MACHINE.test(hostname)) return "beyond this machine it has to begin with https";
  if (username !== "" || password !== "") return "it holds a name or a password";
  return pathname === "/" && search === "" && hash === "" ? undefined : "it has more than a name and a port";
};
