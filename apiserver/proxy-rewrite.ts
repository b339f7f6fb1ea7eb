import { joinPath, parseReference, type UrlParts } from './go-url';

/**
 * What the node, pod and service proxies change in answers, so that a page keeps working under its longer path.
 * Source: k8s.io/apimachinery pkg/util/proxy/transport.go.
 */
export interface RewriteRules {
  /** `/api/v1/namespaces/ns/pods/web/proxy`. */
  readonly pathPrepend: string;
  /** host:port of the backend, as dialled. */
  readonly backendHost: string;
  /** The client's Host header. */
  readonly requestHost: string;
}

/** The new Location, or why the old one cannot be read. */
export function rewriteLocation(
  location: string,
  rules: RewriteRules,
): { readonly value: string } | { readonly problem: string } {
  const parts = parseReference(location);
  return 'problem' in parts ? parts : { value: rewriteUrl(parts, rules) };
}

function rewriteUrl(url: UrlParts, rules: RewriteRules): string {
  const foreign = url.host !== '' && url.host !== rules.backendHost && url.host !== rules.requestHost;
  if (foreign || !url.path.startsWith('/')) return format(url);
  // A URL that names the host the client used stays absolute; one that names the backend loses scheme and host.
  const kept = url.host === rules.requestHost ? url : { ...url, scheme: '', host: '' };
  if (url.path.startsWith(rules.pathPrepend)) return format(kept);
  const slash = url.path.endsWith('/') ? '/' : '';
  return format({ ...kept, path: `${joinPath(rules.pathPrepend, url.path)}${slash}` });
}

function format({ scheme, host, path, tail }: UrlParts): string {
  const authority = host === '' ? '' : `//${host}`;
  return `${scheme === '' ? '' : `${scheme}:`}${authority}${path}${tail}`;
}

const urlAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

const markup = /<!--[\s\S]*?-->|<([a-zA-Z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/g;
const attribute = /([^\s"'=<>/]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/g;
/** Their content is text, whatever it looks like (HTML standard, raw text elements). */
const rawText = /^(?:script|style|textarea|title|xmp|iframe|noembed|noframes)$/;

/** Rewrites the URL attributes of a page. What is not a URL attribute stays byte for byte. */
export function rewriteHtml(html: string, rules: RewriteRules): string {
  let out = '';
  let from = 0;
  markup.lastIndex = 0;
  for (let match = markup.exec(html); match !== null; match = markup.exec(html)) {
    const tag = (match[1] ?? '').toLowerCase();
    out += html.slice(from, match.index) + rewriteTag(match[0], tag, rules);
    from = markup.lastIndex;
    if (!rawText.test(tag)) continue;
    const end = html.toLowerCase().indexOf(`</${tag}`, from);
    if (end === -1) break;
    out += html.slice(from, end);
    from = end;
    markup.lastIndex = end;
  }
  return out + html.slice(from);
}

function rewriteTag(text: string, tag: string, rules: RewriteRules): string {
  const wanted = Object.hasOwn(urlAttributes, tag) ? urlAttributes[tag] : undefined;
  if (wanted === undefined) return text;
  const head = text.slice(0, tag.length + 1);
  return (
    head +
    text
      .slice(head.length)
      .replace(
        attribute,
        (whole, name: string, equals: string, double?: string, single?: string, bare?: string) => {
          if (!wanted.includes(name.toLowerCase())) return whole;
          const parts = parseReference(double ?? single ?? bare ?? '');
          return 'problem' in parts
            ? whole
            : `${name}${equals}"${rewriteUrl(parts, rules).replaceAll('"', '&#34;')}"`;
        },
      )
  );
}
