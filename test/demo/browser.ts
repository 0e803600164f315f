/** A real Chromium from the npm registry: no system package is needed. */
import sparticuz from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright-core'

// What a browser would ask the network on its own account stays off.
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts a headless Chromium; close it. */
export const startBrowser = async (): Promise<Browser> =>
  chromium.launch({
    executablePath: await sparticuz.executablePath(),
    args: [...sparticuz.args, ...QUIET],
    headless: true,
  })
