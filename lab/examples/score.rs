use faultkey_lab::scenario;
use faultkey_lab::search::{Hit, Search};
fn main() {
    let search = Search::built_in().unwrap();
    let all = scenario::all().unwrap();
    let verbose = std::env::args().nth(1);
    if verbose.as_deref() == Some("-l") {
        for q in std::env::args().skip(2) {
            println!("{q} -> {:?}", search.find(&q).iter().map(show).collect::<Vec<_>>());
        }
        return;
    }
    if let Some(q) = verbose.as_deref().filter(|q| *q != "-v") {
        for hit in search.find(q) {
            println!("{}", show(&hit));
        }
        return;
    }
    for file in ["field", "own"] {
        let t: toml::Table = std::fs::read_to_string(format!("lab/tests/phrases/{file}.toml")).unwrap().parse().unwrap();
        for lang in ["ja", "en"] {
            let (mut n, mut any, mut played, mut scen, mut ok3) = (0, 0, 0, 0, 0);
            for p in t["phrase"].as_array().unwrap() {
                let Some(v) = p.get(lang) else { continue };
                let list: Vec<&str> =
                    v.as_array().map_or_else(|| vec![v.as_str().unwrap()], |a| a.iter().map(|x| x.as_str().unwrap()).collect());
                let ids: Vec<&str> = p["ids"].as_array().unwrap().iter().map(|x| x.as_str().unwrap()).collect();
                let right = |s: &scenario::Scenario| ids.contains(&s.id.as_str()) || s.catalogue.iter().any(|c| ids.contains(&c.as_str()));
                let has = all.iter().any(&right);
                for phrase in list {
                    n += 1;
                    played += usize::from(has);
                    let found = search.find(phrase);
                    any += usize::from(!found.is_empty());
                    let s = found.iter().take(3).any(|h| matches!(h, Hit::Scenario(s) if right(s)));
                    let e = found.iter().take(3).any(|h| matches!(h, Hit::Entry(e) if ids.contains(&e.id.as_str())));
                    scen += usize::from(has && s);
                    ok3 += usize::from(s || e);
                    if verbose.is_some() && !(if has { s } else { s || e }) {
                        println!("MISS {phrase} {ids:?} -> {:?}", found.iter().map(show).collect::<Vec<_>>());
                    }
                }
            }
            println!(
                "{file} {lang}: {n} phrases, {any} find anything, {scen} of {played} a right scenario among three, {ok3} of {n} anything right among three"
            );
        }
    }
}
fn show(hit: &Hit) -> String {
    match hit {
        Hit::Scenario(s) => s.id.clone(),
        Hit::Entry(e) => e.id.clone(),
        Hit::Fault(f) => f.name.to_owned(),
        Hit::Profile(p) => p.name.clone(),
    }
}
