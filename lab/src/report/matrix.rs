//! A grouping as a picture: causes down, answers across. A good relying party draws a diagonal, an opaque one a tower.

use crate::confusion::Grouping;

/// One column: an answer, and the causes that got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column<'a> {
    /// `A`, `B`, …, `Z`, `AA`, …
    pub letter: String,
    pub answer: &'a str,
    /// Indices of causes.
    pub causes: Vec<usize>,
}

/// The columns of `grouping`: the largest pile first, then in the order in which the answers came.
pub(crate) fn columns(grouping: &Grouping) -> Vec<Column<'_>> {
    let mut columns: Vec<Column<'_>> = Vec::new();
    for (index, answer) in grouping.answers.iter().enumerate() {
        let Some(answer) = answer.as_deref() else { continue };
        match columns.iter_mut().find(|column| column.answer == answer) {
            Some(column) => column.causes.push(index),
            None => columns.push(Column { letter: String::new(), answer, causes: vec![index] }),
        }
    }
    // Stable: equal piles stay in the order they came.
    columns.sort_by_key(|column| std::cmp::Reverse(column.causes.len()));
    for (index, column) in columns.iter_mut().enumerate() {
        column.letter = letter(index);
    }
    columns
}

/// The column in which cause number `index` stands; `None` when its answer could not be seen.
pub(crate) fn column_of(columns: &[Column<'_>], index: usize) -> Option<usize> {
    columns.iter().position(|column| column.causes.contains(&index))
}

fn letter(index: usize) -> String {
    let last = char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    if index < 26 { last.to_string() } else { format!("{}{last}", letter(index / 26 - 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouping(answers: &[Option<&str>]) -> Grouping {
        Grouping { answers: answers.iter().map(|a| a.map(str::to_owned)).collect(), pairs: 0, told_apart: 0, largest_pile: None }
    }

    #[test]
    fn the_largest_pile_is_the_first_column() {
        let grouping = grouping(&[Some("x"), Some("y"), None, Some("y"), Some("z")]);
        let columns = columns(&grouping);
        let seen: Vec<_> = columns.iter().map(|c| (c.letter.as_str(), c.answer, c.causes.clone())).collect();
        assert_eq!(seen, [("A", "y", vec![1, 3]), ("B", "x", vec![0]), ("C", "z", vec![4])]);
        assert_eq!(column_of(&columns, 3), Some(0));
        assert_eq!(column_of(&columns, 2), None);
    }

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!([0, 25, 26, 27, 51, 52].map(letter), ["A", "Z", "AA", "AB", "AZ", "BA"]);
    }
}
