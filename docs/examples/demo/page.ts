/** The demo's page: plain HTML, one script, no build, nothing from elsewhere. */

const STYLE = `
  :root { color-scheme: light dark; --line: #d9d5cc; --soft: #6b675f; --ink: #22201c; --paper: #f7f5f0; --card: #fffefb; --accent: #b3452c; --good: #2f7d4f }
  @media (prefers-color-scheme: dark) { :root { --line: #3a3733; --soft: #a39d92; --ink: #efebe3; --paper: #191816; --card: #22201d; --accent: #e8795d; --good: #6cc08f } }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 ui-sans-serif, system-ui, sans-serif }
  main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
  h1 { font: 600 2rem/1.1 ui-serif, Georgia, serif; margin: 0 }
  p.lead { color: var(--soft); margin: .5rem 0 2rem; max-width: 42rem }
  h2 { font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; color: var(--soft); margin: 0 0 .75rem }
  .grid { display: grid; gap: 1rem; grid-template-columns: 1fr 1fr }
  @media (max-width: 46rem) { .grid { grid-template-columns: 1fr } }
  section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem }
  section.wide { grid-column: 1 / -1 }
  dl { display: grid; grid-template-columns: 7.5rem 1fr; gap: .35rem 1rem; margin: 0 }
  dt { color: var(--soft) }
  dd { margin: 0; font-family: ui-monospace, SFMono-Regular, Menlo, monospace; font-size: .9rem; overflow-wrap: anywhere }
  button, input { font: inherit; border-radius: .5rem; padding: .5rem .9rem; border: 1px solid var(--line); background: transparent; color: inherit }
  button { cursor: pointer }
  button:hover { border-color: var(--accent) }
  button.main { background: var(--accent); border-color: var(--accent); color: #fff }
  button:disabled { opacity: .5; cursor: default }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
  .row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
  .count { font: 600 3.5rem/1 ui-serif, Georgia, serif; margin: 0 0 1rem; font-variant-numeric: tabular-nums }
  output { font-weight: 600 } output.good { color: var(--good) } output.bad { color: var(--accent) }
  .bar { height: .5rem; border-radius: 1rem; background: var(--line); overflow: hidden; margin-top: .9rem }
  .bar i { display: block; height: 100%; width: 0; background: var(--good); transition: width .2s }
  small { color: var(--soft) }
`

const script = (origins: ReadonlyArray<string>): string => `
  const origins = ${JSON.stringify(origins)}
  const names = ['Hono', 'Koa', 'Node http']
  const $ = (id) => document.getElementById(id)
  const post = (url, body) => fetch(url, { method: 'POST', credentials: 'include', ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) })
  const left = (at, now) => { const s = Math.max(0, Math.round((at - now) / 1000)); return new Date(at).toLocaleTimeString() + '  (' + (s >= 3600 ? Math.floor(s / 3600) + ' h ' : '') + Math.floor(s % 3600 / 60) + ' min left)' }
  const show = (s) => {
    $('id').textContent = s.id
    $('subject').textContent = s.subject ?? 'nobody'
    $('data').textContent = JSON.stringify(s.data)
    $('revision').textContent = s.revision ?? 'not stored yet'
    $('idle').textContent = left(s.idleAt, s.now)
    $('absolute').textContent = left(s.absoluteAt, s.now)
    $('count').textContent = s.data.count
    $('out').disabled = $('everywhere').disabled = s.subject === null
    document.body.dataset.subject = s.subject ?? ''
  }
  const refresh = async () => { const r = await fetch('/session'); if (r.ok) show(await r.json()) }
  const act = (url, body) => async () => { const r = await post(url, body && body()); $('said').textContent = r.ok ? '' : r.status + ' ' + await r.text(); await refresh() }
  origins.forEach((origin, i) => {
    const button = document.createElement('button')
    button.id = 'plus' + i
    button.textContent = '+ 1 on ' + names[i]
    button.onclick = act(origin + '/increment')
    $('plus').append(button)
  })
  $('form').onsubmit = (e) => { e.preventDefault(); act('/sign-in', () => ({ name: $('name').value }))() }
  $('out').onclick = act('/sign-out')
  $('everywhere').onclick = act('/sign-out-everywhere')
  $('burst').onclick = async () => {
    $('burst').disabled = true
    // A visitor without a live session starts one first: requests that run at once would each start their own.
    const before = (await (await post('/increment')).json()).count
    let done = 0
    const answers = await Promise.all(origins.flatMap((origin) => Array.from({ length: 50 }, async () => {
      const r = await post(origin + '/increment')
      $('fill').style.width = (++done / 1.5) + '%'
      return r.ok
    })))
    await refresh()
    const kept = Number($('count').textContent) - before
    const answered = answers.filter(Boolean).length
    $('kept').textContent = kept + ' of ' + answered + ' kept'
    $('kept').className = kept === 150 ? 'good' : 'bad'
    $('burst').disabled = false
  }
  refresh()
  setInterval(refresh, 2000)
`

export const page = (origins: ReadonlyArray<string>): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>coatcheck: one session, three frameworks</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<main>
  <h1>One session, three frameworks</h1>
  <p class="lead">This page is served by Hono. Koa and plain Node http listen on two other ports. All three change the same session, and no click is lost.</p>
  <div class="grid">
    <section class="wide"><h2>The live session</h2>
      <dl><dt>id</dt><dd id="id"></dd><dt>signed in</dt><dd id="subject"></dd><dt>data</dt><dd id="data"></dd><dt>revision</dt><dd id="revision"></dd><dt>idle until</dt><dd id="idle"></dd><dt>ends at</dt><dd id="absolute"></dd></dl>
    </section>
    <section><h2>Count</h2>
      <p class="count" id="count">0</p>
      <div class="row" id="plus"></div>
    </section>
    <section><h2>Who</h2>
      <form class="row" id="form"><input id="name" name="name" placeholder="a name" aria-label="name" value="ada" maxlength="40" required><button class="main">Sign in</button></form>
      <p class="row"><button id="out">Sign out</button><button id="everywhere">Sign out everywhere</button></p>
      <small id="said" role="status"></small>
    </section>
    <section class="wide"><h2>At once</h2>
      <div class="row"><button class="main" id="burst">150 at once</button><span>50 parallel increments at each of the three servers:</span><output id="kept">not tried yet</output></div>
      <div class="bar"><i id="fill"></i></div>
    </section>
  </div>
</main>
<script>${script(origins)}</script>
</html>
`
