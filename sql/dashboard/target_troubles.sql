-- grain: one row per target that is not compared, or looks wrong: a sentence

select sentence from measures.target_troubles(%(today)s::date) order by sentence
