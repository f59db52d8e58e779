# Completions of parallel-cc and claude-parallel for fish. What may be typed is asked of parallel-cc each time, so this
# does not go stale.

# Answers of parallel-cc for a program and its words, the last one unfinished.
function __parallel_cc_ask
    command parallel-cc complete fish $argv[1] -- $argv[2..-1] </dev/null 2>/dev/null
end

function __parallel_cc_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    set -l answer (__parallel_cc_ask parallel-cc $words "$current")
    # The value of a flag in the same word.
    set -l flag (string match -r -- '^--[^=]*=' "$current")
    set -l value (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$answer[1]"
        case 'files*'
            printf "$flag%s\n" (complete -C "'' $value")
        case 'directories*'
            printf "$flag%s\n" (__fish_complete_directories "$value" '')
    end
    set -e answer[1]
    printf '%s\n' $answer
end

complete -c parallel-cc -e
complete -c parallel-cc -k -f -a '(__parallel_cc_complete)'

# claude-parallel's own flags; everything else is claude's.
complete -c claude-parallel -e
complete -c claude-parallel -w claude
complete -c claude-parallel -l name -x -d 'A name for people, shown in status and in the branch'
complete -c claude-parallel -l base -x -d 'Where a new worktree starts' -a '(__parallel_cc_ask claude-parallel --base "")[2..-1]'
complete -c claude-parallel -l no-worktree -d 'Stay in this checkout, even when another session works in it'
complete -c claude-parallel -l uncoordinated -d 'Start claude even when the session cannot be registered'
