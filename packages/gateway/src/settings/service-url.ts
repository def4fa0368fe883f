/** Why a text is no address of a service that the owner names; undefined when it is one: a host, perhaps a port and a path, and nothing else. */
export const serviceUrlProblem = (text: string): string | undefined => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return "it is no address such as http://127.0.0.1:8888";
  if (url.username !== "" || url.password !== "")
    return "it holds a name or a password: name a secret of the vault instead";
  return url.search === "" && url.hash === "" && !/[?#\s\\]/.test(text)
    ? undefined
    : "it has more than a host, a port and a path";
};
