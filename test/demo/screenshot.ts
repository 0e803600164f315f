/** Renews docs/demo.png: `node --import ./.config/strip-types.js test/demo/screenshot.ts` after a build. */
import { startDemo } from '../../docs/examples/demo/demo.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { startBrowser } from './browser.ts'

const demo = await startDemo([8787, 8788, 8789], () => undefined, memoryStore())
const browser = await startBrowser()
const page = await browser.newPage({ viewport: { width: 1000, height: 850 }, deviceScaleFactor: 1.5 })
await page.goto(demo.origins[0])
await page.fill('#name', 'ada')
await page.click('#form button')
await page.waitForFunction(`document.getElementById('subject').textContent === 'ada'`)
await page.click('#burst')
await page.waitForFunction(`document.getElementById('kept').textContent.endsWith('kept')`)
await page.screenshot({ path: 'docs/demo.png' })
await browser.close()
await demo.stop()
