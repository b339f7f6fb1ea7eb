/**
 * `$(NAME)` in commands, arguments and variables: known names are replaced, unknown ones stay as written, and `$$` is a
 * dollar that begins nothing. Source: third_party/forked/golang/expansion/expand.go.
 */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return lookUp(name) ?? whole;
  });
}
