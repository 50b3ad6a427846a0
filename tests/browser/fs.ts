/** Stands for `node:fs` in pages, so that what replays fixtures finds them there: files of the repository, by their URL. */
export function readFileSync(url: URL, encoding: "utf8"): string {
  if (encoding !== "utf8") throw new Error(`${url.pathname} can only be read as text in a page`);
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.send();
  if (request.status !== 200) throw new Error(`${url.pathname} is not there: ${request.status}`);
  return request.responseText;
}
