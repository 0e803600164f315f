import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Demo, startDemo } from '../../docs/examples/demo/demo.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { startBrowser } from './browser.ts'

/** The demo's page in a real browser: what a stranger sees after the README's first command. */
describe('the demo', () => {
  let browser: Browser
  let demo: Demo
  const lines: Array<string> = []

  beforeAll(async () => {
    demo = await startDemo([0, 0, 0], (line) => lines.push(line), memoryStore())
    browser = await startBrowser()
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await demo.stop()
  })

  const visitor = async (): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1024, height: 900 } })
    const page = await context.newPage()
    await page.goto(demo.origins[0])
    await page.waitForFunction(`document.getElementById('id').textContent !== ''`)
    return page
  }
  const text = (page: Page, id: string): Promise<string | null> => page.textContent(`#${id}`)
  const until = (page: Page, id: string, wanted: string): Promise<unknown> =>
    page.waitForFunction(`document.getElementById(${JSON.stringify(id)}).textContent === ${JSON.stringify(wanted)}`)

  it('carries one session through three frameworks', async () => {
    const page = await visitor()
    const id = await text(page, 'id')
    for (const [i, server] of ['Hono', 'Koa', 'Node http'].entries()) {
      expect(await text(page, `plus${String(i)}`)).toBe(`+ 1 on ${server}`)
      await page.click(`#plus${String(i)}`)
      await until(page, 'count', String(i + 1))
    }
    expect(await text(page, 'id')).toBe(id)
    expect(lines.some((line) => line.startsWith('created'))).toBe(true)
  }, 30_000)

  it('keeps 150 of 150 parallel increments', async () => {
    const page = await visitor()
    await page.click('#burst')
    await until(page, 'kept', '150 of 150 kept')
  }, 60_000)

  it('signs in and out, and everywhere', async () => {
    const [here, there] = [await visitor(), await visitor()]
    for (const page of [here, there]) {
      await page.fill('#name', 'grace')
      await page.click('#form button')
      await until(page, 'subject', 'grace')
    }
    await here.click('#everywhere')
    await until(there, 'subject', 'nobody')
    await until(here, 'subject', 'nobody')
    await there.click('#form button')
    await until(there, 'subject', 'grace')
    await there.click('#out')
    await until(there, 'subject', 'nobody')
  }, 30_000)
})
