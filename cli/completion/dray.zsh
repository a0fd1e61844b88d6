#compdef dray
# dray completion for zsh
_dray() {
  local line
  local -i files=0
  local -a candidates
  for line in "${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) files=1 ;;
      *) candidates+=("${${line//:/\\:}/$'\t'/:}") ;;
    esac
  done
  (( ${#candidates} )) && _describe dray candidates
  (( files )) && _files
}
compdef _dray dray
