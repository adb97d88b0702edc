log_#1() {
    local level="$1"; shift
    printf '%s [%s] %s\n' "$(date -u +%FT%TZ)" "$level" "$*" >&2
}

rotate_#1() {
    local folder="${1:-/var/log/part-#2}" keep="${2:-7}"
    if [[ ! -d "$folder" ]]; then
        log_#1 warning "no such folder: $folder"
        return 0
    fi
    find "$folder" -name '*.log' -mtime "+$keep" -print0 | while IFS= read -r -d '' file; do
        gzip -9 "$file" && log_#1 info "packed ${file##*/}"
    done
    case "$keep" in
        0) rm -f "$folder"/*.gz ;;
        [1-9]) log_#1 info "kept $keep days" ;;
        *) log_#1 info 'kept long' ;;
    esac
}
rotate_#1 "/srv/#3" || exit 1

