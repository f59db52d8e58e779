// Files that the build embeds as text.
declare module "*.sql" {
  const text: string;
  export default text;
}
declare module "*.md" {
  const text: string;
  export default text;
}
declare module "*.sh" {
  const text: string;
  export default text;
}
declare module "*.zsh" {
  const text: string;
  export default text;
}
declare module "*.fish" {
  const text: string;
  export default text;
}
// And as files, known by the path that they have in the program.
declare module "*/apply-seccomp" {
  const path: string;
  export default path;
}
declare module "*.jar" {
  const path: string;
  export default path;
}
