-- One page in one field. JSON holds no control character as such, so none needs to be escaped.
copy staged_pages (body) from stdin with (
    format csv, delimiter e'\x01', quote e'\x02', encoding 'UTF8'
)
