// Debian's Chromium, driven by playwright-core.

import { chromium } from "playwright-core";

/** Starts the browser of the environment variable CHROMIUM, or /usr/bin/chromium. */
export function startChromium() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
}

/** A page that remembers what it complains of: errors, and what its policy refused. */
export async function openPage(context, url) {
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(text)) {
      complaints.push(text);
    }
  });
  if (url) await page.goto(url);
  return { page, complaints };
}
