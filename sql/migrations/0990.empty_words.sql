-- Words that mean empty mean it in more languages than English.
create or replace function crm.means_empty(tidy text) returns boolean
language sql immutable parallel safe as $$
    select tidy is null
        or length(tidy) <= 24 and (
            btrim(normalize(tidy, nfkc), U&' -_.,:;/|*?!#~=+()[]<>{}''"–—−·•…・\005C\0640') = ''
            or lower(btrim(
                normalize(tidy, nfkc), U&' -_.,:;/|*?!#~=+()[]<>{}''"–—−·•…・\005C\0640'
            )) in (
                'none', 'n/a', 'n.a', 'na', 'nil', 'null', 'nan', 'undefined', 'blank', 'empty',
                'not available', 'not applicable', 'not specified', 'unspecified',
                'keine', 'keine angabe', 'k.a', 'ninguno', 'ninguna', 'sin especificar',
                'no aplica', 'aucun', 'aucune', 'néant', 'non renseigné', 's/o', 'nenhum',
                'nenhuma', 'não informado', 'não se aplica', 'nessuno', 'nessuna',
                'non specificato', 'geen', 'n.v.t', 'yok', 'tidak ada', 'нет', 'не указано',
                'لا يوجد', 'لا شيء', 'غير محدد', 'אין', 'ללא', 'कोई नहीं', 'लागू नहीं', 'なし', '無し',
                '未設定', '該当なし', '无', '無', '没有', '未填写', '없음'
            )
        )
$$;
-- The histories are built anew, and what that restates is said to be of another definition.
reindex index analytics.targets_in_force;
update analytics.mart_builds set fingerprint = '';
delete from crm.text_labels
where told_by = 'records' and crm.text_key(key) is null;
