// A listener that hands out files of a few folders, for pages in tests.

import { readFile } from "node:fs/promises";
import { extname } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Serves `folders`, a table of URL prefix to folder URL; the longest prefix wins. */
export function staticFiles(folders, headers = {}) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  return async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const prefix = prefixes.find((start) => pathname.startsWith(start));
    const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    try {
      const body = await readFile(new URL(path.slice(prefix.length), folders[prefix]));
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      response.writeHead(200, { "Content-Type": type, ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  };
}
